"""What a request wants of its answer besides text that goes with the prompt."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from fakeai.content.script import Tool


@dataclass(slots=True)
class Wanted:
    tools: Sequence[Tool] = ()
    """That may be called; those that a request offers but does not allow are left out."""
    choice: Literal["none", "auto", "required"] = "auto"
    named: Tool | None = None
    """Must be called."""
    parallel: bool = True
    """Whether one answer may have several calls."""
    max_hosted_calls: int | None = None
    """Of tools that the server runs itself."""
    json_schema: Mapping[str, Any] | bool | None = None
    """Of the text."""
    is_json: bool = False
    """The text is a JSON object of whatever form."""
    effort: str | None = None
    """Of reasoning; None: the model does not reason."""
    shows_reasoning: bool = False
    """The reasoning has a text, as open models and summaries have; otherwise it is tokens only."""
    outcome: Literal["", "refusal", "content_filter"] = ""
    """How the answer shall end, if a client asks for that."""
