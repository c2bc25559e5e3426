from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, model_validator

from fakeai.config.section import Section

IMPLY_MODE = {"fixed_text": "fixed", "upstream_url": "proxy", "llm_path": "llm"}
"""Settings that mean something in one mode only, so that giving one selects it."""
_NEEDED = {"proxy": ("upstream_url", "upstream_model"), "llm": ("llm_path",)}
_OF_UPSTREAM = ("upstream_model", "upstream_key")


def _base_url(url: str) -> str:
    base_url = url.rstrip("/")
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("expected a base URL, such as http://HOST:PORT/v1")
    return base_url


def _sendable(key: SecretStr) -> SecretStr:
    value = key.get_secret_value()
    if not value or not value.isascii() or not value.isprintable():
        raise ValueError("a key is empty, or has characters that no header can have")
    return key


class GenerationConfig(Section):
    mode: Literal["generated", "echo", "fixed", "proxy", "llm"] = "generated"
    """Giving a fixed_text means "fixed", an upstream_url "proxy", an llm_path "llm"."""
    fixed_text: str = "This is a fixed answer."
    upstream_url: Annotated[str, AfterValidator(_base_url)] | None = None
    """Of an API like OpenAI's, with its /v1."""
    upstream_model: str | None = Field(default=None, min_length=1)
    upstream_key: Annotated[SecretStr, AfterValidator(_sendable)] | None = None
    upstream_timeout_s: float = Field(default=60.0, gt=0, le=3600)
    llm_path: Path | None = None
    """Folder of a transformers model."""
    mean_tokens: float = Field(default=160.0, ge=1, le=1_000_000)
    """Of a generated answer that no limit of the request cuts short."""
    sigma: float = Field(default=0.6, ge=0, le=3)
    """Of the log-normal distribution of the length."""
    max_tokens: int = Field(default=2048, ge=1)
    """No answer that is written is longer by itself."""

    @model_validator(mode="before")
    @classmethod
    def _a_setting_implies_the_mode(cls, data: Any) -> Any:
        implying = [name for name in IMPLY_MODE if isinstance(data, dict) and data.get(name) is not None]
        if not implying or "mode" in data:
            return data
        if len(implying) > 1:
            raise ValueError(f"{' and '.join(implying)} mean different modes; give one of them, or the mode")
        return {**data, "mode": IMPLY_MODE[implying[0]]}

    @model_validator(mode="after")
    def _mode_has_what_it_needs(self) -> Self:
        if "@" in (self.upstream_url or ""):  # said here, where errors do not repeat the value
            raise ValueError("a key belongs into generation.upstream_key, not into the URL")
        missing = [name for name in _NEEDED.get(self.mode, ()) if getattr(self, name) is None]
        if missing:
            raise ValueError(f'mode "{self.mode}" needs generation.{missing[0]}')
        idle = [name for name in _OF_UPSTREAM if getattr(self, name) is not None]
        if idle and self.upstream_url is None:
            raise ValueError(f"{idle[0]} does nothing without generation.upstream_url")
        return self
