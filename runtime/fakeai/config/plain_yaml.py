"""YAML whose scalars stay text, as in the environment: YAML itself reads 20:5 as 1205, and 404 as no text."""

import re
from typing import Any

import yaml

_NULL = "tag:yaml.org,2002:null"


class _PlainText(yaml.BaseLoader):
    pass


_PlainText.add_implicit_resolver(_NULL, re.compile(r"^(~|null|)$"), ["~", "n", ""])
_PlainText.add_constructor(_NULL, lambda loader, node: None)


def parse(text: str) -> Any:
    """Mappings, lists, text and None. Raises ValueError that names the line."""
    try:
        return yaml.load(text, _PlainText)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise ValueError(f"line {mark.line + 1}: not valid YAML" if mark else "not valid YAML") from error
