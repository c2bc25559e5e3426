"""What the server says of itself once it listens."""

from fakeai import __version__
from fakeai.config import AppConfig
from fakeai.config.cluster import ClusterConfig
from fakeai.config.latency import LatencyConfig
from fakeai.config.loading import Loaded


def banner(loaded: Loaded, base_url: str, model_count: int) -> str:
    """base_url: scheme, host and port of the listening socket."""
    config = loaded.config
    rows = {
        "connect": f"export OPENAI_BASE_URL={base_url}/v1 OPENAI_API_KEY={_key(config)}",
        "pages": f"{base_url}/docs",
        "auth": _AUTH[config.auth.mode],
        "answers": _answers(config),
        "timing": _timing(config),
        "seed": str(config.core.seed)
        + (f", clock from {config.core.epoch:.0f}" if config.core.epoch is not None else ""),
        "models": f"{model_count}; unknown names {_UNKNOWN_MODELS[config.models.unknown]}",
    }
    lines = [f"  {name:<9}{text}" for name, text in rows.items()]
    return "\n".join([f"FakeAI {__version__} on {base_url}", *lines])


def _key(config: AppConfig) -> str:
    return "your-key" if config.auth.mode == "keys" else "sk-fake"


def _answers(config: AppConfig) -> str:
    text = {
        "generated": f"generated, {config.generation.mean_tokens:g} tokens on average",
        "echo": "echo of the last message",
        "fixed": "fixed text",
        "proxy": f"by {config.generation.upstream_model} at {config.generation.upstream_url}",
        "llm": f"by the model in {config.generation.llm_path}",
    }[config.generation.mode]
    ids = "fabricated" if config.server.unknown_ids == "fabricate" else "404"
    parameters = "ignored" if config.server.unknown_parameters == "ignore" else "refused"
    return f"{text}; unknown ids {ids}, unknown parameters {parameters}"


def _timing(config: AppConfig) -> str:
    return _deployment(config.cluster) if config.cluster.mode == "simulated" else _latency(config.latency)


def _deployment(cluster: ClusterConfig) -> str:
    replicas = f"{cluster.replicas} x " if cluster.replicas > 1 else ""
    readers = f" behind {cluster.prefill_replicas} for prompts" if cluster.prefill_replicas else ""
    chips = cluster.tp * cluster.pp * cluster.dp
    return f"simulated: {replicas}{cluster.model} on {chips} x {'/'.join(cluster.gpu)} by {cluster.engine}{readers}"


def _latency(latency: LatencyConfig) -> str:
    if not latency.ttft.mean_s and not latency.itl.mean_s:
        return "at once"
    specs = {"first token": latency.ttft, "each further token": latency.itl}
    return ", ".join(f"{name} {spec.mean_s * 1e3:g} ms ± {spec.jitter * 100:g} %" for name, spec in specs.items())


_AUTH = {"open": "open: any key, or none", "bearer": "any bearer key", "keys": "listed keys only"}
_UNKNOWN_MODELS = {"error": "404", "infer": "inferred"}
