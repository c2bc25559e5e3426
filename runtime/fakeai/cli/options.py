"""The options of `fakeai server`: one table, each row names the setting it is, so that none can be without effect."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal, get_origin

from cyclopts import Group, Parameter
from pydantic import ByteSize

from fakeai.cli import complain
from fakeai.config.errors import ConfigError
from fakeai.config.loading import Loaded, load
from fakeai.config.names import fields


@dataclass(frozen=True, slots=True)
class Option:
    flag: str
    path: str
    """ "section.field" """
    group: str
    help: str
    metavar: str | None = None
    """None where the choices say it, or there is nothing to say."""

    @property
    def name(self) -> str:
        return _name(self.flag)


def _name(flag: str) -> str:
    return flag.lstrip("-").replace("-", "_")


def with_settings(command: Callable[[Loaded], int]) -> Callable[..., int]:
    """The command as the parser sees it: with all options, which it gets as a loaded configuration."""

    def run(**given: Any) -> int:
        try:
            loaded = from_options(given)
        except ConfigError as error:
            return complain(str(error))
        return command(loaded)

    parameters = [_parameter(option) for option in OPTIONS] + _SPECIAL
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    run.__name__ = command.__name__
    return run


def beside_settings(is_taken: Callable[[str], bool]) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """For a command with options of its own that also takes those of some settings, and gets what was given of them
    as `given`, to be read by `from_options`. is_taken: by path."""

    def decorate(command: Callable[..., int]) -> Callable[..., int]:
        taken = [_parameter(option) for option in OPTIONS if is_taken(option.path)] + _FILE_AND_SET
        names = {parameter.name for parameter in taken}

        def run(*arguments: Any, **named: Any) -> int:
            given = {name: named.pop(name) for name in names & named.keys()}
            return command(*arguments, given=given, **named)

        signature = inspect.signature(command)
        own = [parameter for name, parameter in signature.parameters.items() if name != "given"]
        run.__signature__ = inspect.Signature([*own, *taken])  # type: ignore[attr-defined]
        run.__annotations__ = {parameter.name: parameter.annotation for parameter in [*own, *taken]}
        run.__name__ = command.__name__
        return run

    return decorate


def from_options(given: Mapping[str, Any], instead: Mapping[str, Any] = MappingProxyType({})) -> Loaded:
    """given: parameter name → value, for those that were given. instead: path → value that wins over it.

    Raises ConfigError.
    """
    said = [(option.path, option.flag, given[option.name]) for option in OPTIONS if option.name in given]
    said += [_assignment(text) for text in given.get("set") or []]
    flags = dict.fromkeys(CONTRACT, "--contract") if given.get("contract") else {}
    values = {path: CONTRACT[path] for path in flags}
    for path, flag, value in said:
        if path in flags and flags[path] != "--contract":
            raise ConfigError(f"{path} is given twice, by {flags[path]} and {flag}")
        values[path], flags[path] = value, flag
    return load(values | dict(instead), given.get("config"), flags)


def _assignment(text: str) -> tuple[str, str, str]:
    path, equals, value = text.partition("=")
    if not equals:
        raise ConfigError("--set: expected section.field=value")
    return path.strip(), "--set", value


def _parameter(option: Option) -> inspect.Parameter:
    default = _shown(fields()[option.path].get_default(call_default_factory=True))
    text = f"{option.help} [default: {default}]" if default else option.help
    return _keyword(option.flag, _type(option.path), option.group, text, option.metavar)


def _shown(default: Any) -> str:
    if isinstance(default, ByteSize):
        return default.human_readable()
    if isinstance(default, float):
        return f"{default:g}"
    return "" if default is None or default is False or default == [] else str(default)


def _type(path: str) -> Any:
    """Flags and choices are the parser's business; everything else is text, read as text from a file is."""
    annotation: Any = fields()[path].annotation
    if annotation is bool or get_origin(annotation) is Literal:
        return annotation
    return list[str] if get_origin(annotation) is list else str


def _keyword(flag: str, kind: Any, group: str, text: str, metavar: str | None, **more: Any) -> inspect.Parameter:
    about = Parameter(name=flag, help=text, group=_GROUPS[group], metavar=metavar, negative_iterable="", **more)
    return inspect.Parameter(
        _name(flag), inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind | None, about]
    )


_SERVER, _AUTH, _MODELS, _ANSWERS = "Server", "Auth", "Models", "Answers"
_TIMING, _DEPLOYMENT, _CACHE, _ROUTING = "Timing", "Deployment", "KV cache", "Routing"
_REPRODUCIBILITY, _METRICS, _ADVANCED = "Reproducibility", "Metrics", "Advanced"
_GROUPS = {
    name: Group.create_ordered(name)
    for name in (
        _SERVER,
        _AUTH,
        _MODELS,
        _ANSWERS,
        _TIMING,
        _DEPLOYMENT,
        _CACHE,
        _ROUTING,
        _REPRODUCIBILITY,
        _METRICS,
        _ADVANCED,
    )
}

OPTIONS = (
    Option("--host", "server.host", _SERVER, "Address to listen on.", "HOST"),
    Option("--port", "server.port", _SERVER, "Port; 0 takes a free one.", "PORT"),
    Option("--log-level", "server.log_level", _SERVER, "Least level that is logged."),
    Option("--access-log", "server.access_log", _SERVER, "Log every request."),
    Option("--arrival-log", "server.arrival_log", _SERVER, "Records requests for `fakeai simulate`.", "FILE"),
    Option("--cors-origin", "server.cors_allowed_origins", _SERVER, "Origin allowed in browsers; repeatable.", "URL"),
    Option("--auth", "auth.mode", _AUTH, "Key optional, any bearer key, or listed keys only."),
    Option("--api-key", "auth.keys", _AUTH, "Accepted key, implies --auth keys; repeatable.", "KEY"),
    Option("--api-key-file", "auth.key_file", _AUTH, "File of accepted keys, one a line.", "FILE"),
    Option("--admin-key", "auth.admin_keys", _AUTH, "Key for admin operations; repeatable.", "KEY"),
    Option("--models", "models.file", _MODELS, "Catalog file with more models.", "FILE"),
    Option("--unknown-models", "models.unknown", _MODELS, "Refuse unknown model names, or infer facts from the name."),
    Option("--content", "generation.mode", _ANSWERS, "What answers say."),
    Option("--fixed-text", "generation.fixed_text", _ANSWERS, "Answer of --content fixed, which it implies.", "TEXT"),
    Option("--upstream-url", "generation.upstream_url", _ANSWERS, "API that writes answers: --content proxy.", "URL"),
    Option("--upstream-model", "generation.upstream_model", _ANSWERS, "Which of its models.", "ID"),
    Option("--upstream-key", "generation.upstream_key", _ANSWERS, "Key that it wants.", "KEY"),
    Option("--llm-path", "generation.llm_path", _ANSWERS, "Model that writes answers: --content llm.", "FOLDER"),
    Option("--mean-tokens", "generation.mean_tokens", _ANSWERS, "Mean length of generated answers.", "TOKENS"),
    Option("--unknown-ids", "server.unknown_ids", _ANSWERS, "Unknown object ids: 404, or an invented object."),
    Option("--unknown-parameters", "server.unknown_parameters", _ANSWERS, "Request parameters that do not exist."),
    Option("--lifecycle", "storage.lifecycle", _ANSWERS, "Jobs finish as time passes, or at once."),
    Option("--ttft", "latency.ttft", _TIMING, "Time to first token and its jitter, such as 20:5.", "MS[:PERCENT]"),
    Option("--itl", "latency.itl", _TIMING, "Time between tokens and its jitter.", "MS[:PERCENT]"),
    Option("--gpu", "cluster.gpu", _DEPLOYMENT, "Simulated chip; several are taken in turn by replicas.", "ID"),
    Option("--model", "cluster.model", _DEPLOYMENT, "Model whose serving is simulated.", "ID"),
    Option("--tp", "cluster.tp", _DEPLOYMENT, "Tensor parallelism.", "N"),
    Option("--pp", "cluster.pp", _DEPLOYMENT, "Pipeline parallelism.", "N"),
    Option("--dp", "cluster.dp", _DEPLOYMENT, "Data parallelism of attention.", "N"),
    Option("--ep", "cluster.ep", _DEPLOYMENT, "Chips over which experts are spread.", "N"),
    Option("--replicas", "cluster.replicas", _DEPLOYMENT, "Workers behind the router.", "N"),
    Option("--prefill-replicas", "cluster.prefill_replicas", _DEPLOYMENT, "Workers that only read prompts.", "N"),
    Option("--engine", "cluster.engine", _DEPLOYMENT, "Whose scheduler and overheads."),
    Option("--weights", "cluster.weights", _DEPLOYMENT, "Precision of weights; as published if not given.", "DTYPE"),
    Option("--kv-dtype", "cluster.kv_dtype", _DEPLOYMENT, "Precision of the KV cache; bf16 if not given.", "DTYPE"),
    Option("--max-num-seqs", "cluster.max_num_seqs", _DEPLOYMENT, "Sequences in a batch.", "N"),
    Option("--max-num-batched-tokens", "cluster.max_num_batched_tokens", _DEPLOYMENT, "Tokens in a step.", "N"),
    Option("--max-model-len", "cluster.max_model_len", _DEPLOYMENT, "Tokens of the longest sequence.", "N"),
    Option(
        "--gpu-memory-utilization", "cluster.gpu_memory_utilization", _DEPLOYMENT, "Share of memory in use.", "SHARE"
    ),
    Option("--speculative-tokens", "cluster.speculative_tokens", _DEPLOYMENT, "Drafted in each step; 0: none.", "N"),
    Option("--hardware", "cluster.hardware_file", _DEPLOYMENT, "File with more chips and links.", "FILE"),
    Option("--speed", "cluster.speed", _DEPLOYMENT, "How many times faster than real time the server runs.", "FACTOR"),
    Option("--block-size", "kv_cache.block_size", _CACHE, "Tokens in a KV block.", "N"),
    Option("--kv-eviction", "kv_cache.eviction", _CACHE, "Which cached block goes first.", "POLICY"),
    Option("--host-kv-gb", "kv_cache.host_gb", _CACHE, "Host memory of a worker for KV blocks.", "GB"),
    Option("--routing", "cluster.routing", _ROUTING, "Which worker takes a request.", "POLICY"),
    Option("--max-queued", "cluster.max_queued", _ROUTING, "Requests that may wait; more are refused.", "N"),
    Option("--seed", "core.seed", _REPRODUCIBILITY, "Everything random derives from it.", "N"),
    Option(
        "--epoch",
        "core.epoch",
        _REPRODUCIBILITY,
        "Unix time at which the clock starts; only requests move it.",
        "SECONDS",
    ),
    Option("--metrics", "metrics.profiles", _METRICS, "Names that /metrics uses; repeatable.", "PROFILE"),
    Option("--max-body-bytes", "server.max_body_bytes", _ADVANCED, "Longest request body, such as 64MiB.", "BYTES"),
)

CONTRACT: dict[str, Any] = {
    "server.contract": True,
    "server.unknown_ids": "fabricate",
    "server.unknown_parameters": "ignore",
    "models.unknown": "infer",
    "auth.mode": "open",
}
"""What --contract sets, unless other options say otherwise: every well-formed call is answered."""

_CONTRACT_HELP = "Answer every well-formed call: any id, model, key and parameter. For the test suites of SDKs."
_CONFIG_HELP = "YAML file of settings. [default: fakeai.yaml, if there is one]"
_SET_HELP = "Any setting, as listed by `fakeai config show`; repeatable."
_FILE_AND_SET = [
    _keyword("--config", Path, _ADVANCED, _CONFIG_HELP, "FILE"),
    _keyword("--set", list[str], _ADVANCED, _SET_HELP, "SECTION.FIELD=VALUE"),
]
_SPECIAL = [_keyword("--contract", bool, _ANSWERS, _CONTRACT_HELP, None, negative=""), *_FILE_AND_SET]
