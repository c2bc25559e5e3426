import json
import re
from typing import Any

from fakeai.cli.options import with_settings
from fakeai.config.loading import Loaded

_PLAIN = re.compile(r"[A-Za-z][\w./-]*")


@with_settings
def show(loaded: Loaded) -> int:
    print(as_yaml(loaded))
    return 0


def as_yaml(loaded: Loaded) -> str:
    lines = []
    for section, values in loaded.config.model_dump(mode="json").items():
        lines.append(f"{section}:")
        for name, value in values.items():
            origin = loaded.origins[f"{section}.{name}"]
            lines.append(f"{f'  {name}: {_scalar(value)}':<42} # {origin}")
    return "\n".join(lines)


def _scalar(value: Any) -> str:
    """JSON is YAML; words that need no quotes go without."""
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value not in ("null", "true", "false"):
        return value
    return json.dumps(value, ensure_ascii=False)
