"""What --compare and --sweep make of one command line: several runs that differ in a few settings."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import product

from fakeai.cli.options import OPTIONS
from fakeai.config.names import fields
from fakeai.sim.distributions import BadSpec
from fakeai.sim.workload import keys as workload_keys

MAX_RUNS = 10_000
_ALIASES = {"policy": "routing"}
_RATE_SCALE = "rate_scale"


@dataclass(frozen=True, slots=True)
class Variant:
    name: str
    said: Mapping[str, str] = field(default_factory=dict)
    """Key as it was written → value."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """ "section.field" → value."""
    workload: Mapping[str, str] = field(default_factory=dict)
    """Key of every --workload → value."""
    rate_scale: str | None = None


def compared(texts: Sequence[str]) -> list[Variant]:
    """What the command line says, and each --compare "[NAME:]key=value,key=value" besides. Raises BadSpec."""
    found = [Variant("as given")]
    for text in texts:
        label, colon, rest = text.partition(":")
        named = bool(colon) and "=" not in label
        said = dict(_pair(part, "--compare") for part in (rest if named else text).split(","))
        found.append(_variant(said, label if named else ""))
    names = [variant.name for variant in found]
    if twice := [name for name in names if names.count(name) > 1]:
        raise BadSpec(f"--compare: {twice[0]!r} is there twice")
    return found


def swept(texts: Sequence[str]) -> list[Variant]:
    """Every combination of "key=1..4" and "key=a,b". Raises BadSpec."""
    axes: dict[str, list[str]] = {}
    for text in texts:
        key, values = _pair(text, "--sweep")
        if key in axes:
            raise BadSpec(f"--sweep: {key} is given twice")
        axes[key] = list(_values(values))
    count = 1
    for values_of_key in axes.values():
        count *= len(values_of_key)
    if count > MAX_RUNS:
        raise BadSpec(f"--sweep: {count} combinations are more than {MAX_RUNS}")
    return [_variant(dict(zip(axes, combination, strict=True)), "") for combination in product(*axes.values())]


def _pair(text: str, option: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not (key and equals and value):
        raise BadSpec(f"{option}: expected key=value, got {text!r}")
    return key.strip(), value


def _values(text: str) -> Iterable[str]:
    for part in text.split(","):
        first, dots, last = part.partition("..")
        if dots and first.isdecimal() and last.isdecimal() and int(first) <= int(last) < int(first) + MAX_RUNS:
            yield from map(str, range(int(first), int(last) + 1))
        elif dots and first.isdecimal():
            raise BadSpec(f"--sweep: expected FIRST..LAST, got {part!r}")
        elif part:
            yield part


def _variant(said: Mapping[str, str], label: str) -> Variant:
    settings: dict[str, str] = {}
    workload: dict[str, str] = {}
    for key, value in said.items():
        if path := _setting(key):
            settings[path] = value
        elif key in workload_keys():
            workload[key] = value
        elif key != _RATE_SCALE:
            raise BadSpec(f"unknown key {key!r}{_advice(key)}")
    name = label or " ".join(f"{key}={value}" for key, value in said.items())
    return Variant(name, said, settings, workload, said.get(_RATE_SCALE))


def _setting(key: str) -> str | None:
    return _settings().get(_ALIASES.get(key, key).replace("-", "_"))


def _settings() -> dict[str, str]:
    """Keys and the setting each stands for: options, settings of what is simulated, and full paths."""
    names = {option.name: option.path for option in OPTIONS}
    simulated = {path.partition(".")[2]: path for path in fields() if path.startswith(("cluster.", "kv_cache."))}
    return names | simulated | {path: path for path in fields()}


def _advice(key: str) -> str:
    close = get_close_matches(key, [*_settings(), *workload_keys(), *_ALIASES, _RATE_SCALE], 1)
    return f"; did you mean {close[0]}?" if close else "; it names an option, a setting, or a key of --workload"
