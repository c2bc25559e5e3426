from typing import Any, Literal

from pydantic import Field, model_validator

from fakeai.config.section import Section

IMPLY_FIXED = ("fixed_text",)


class GenerationConfig(Section):
    mode: Literal["generated", "echo", "fixed"] = "generated"
    """Giving a fixed_text means "fixed"."""
    fixed_text: str = "This is a fixed answer."
    mean_tokens: float = Field(default=160.0, ge=1, le=1_000_000)
    """Of a generated answer that no limit of the request cuts short."""
    sigma: float = Field(default=0.6, ge=0, le=3)
    """Of the log-normal distribution of the length."""
    max_tokens: int = Field(default=2048, ge=1)
    """No generated answer is longer by itself."""

    @model_validator(mode="before")
    @classmethod
    def _text_implies_mode(cls, data: Any) -> Any:
        if isinstance(data, dict) and "mode" not in data and any(name in data for name in IMPLY_FIXED):
            return {**data, "mode": "fixed"}
        return data
