from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, FilePath, SecretStr, model_validator

from fakeai.config.section import Items, Section


def _not_empty(key: SecretStr) -> SecretStr:
    """Such as that of an unset variable: no client can send it."""
    if not key.get_secret_value():
        raise ValueError("a key is empty")
    return key


SecretList = Annotated[list[Annotated[SecretStr, AfterValidator(_not_empty)]], Items]
IMPLY_KEYS = ("keys", "key_file", "admin_keys")


class AuthConfig(Section):
    mode: Literal["open", "bearer", "keys"] = "open"
    """open: a key is optional; bearer: any key will do; keys: only those listed. Listing keys means "keys"."""
    keys: SecretList = Field(default_factory=list)
    key_file: FilePath | None = None
    """One key a line."""
    admin_keys: SecretList = Field(default_factory=list)

    @model_validator(mode="before")
    @classmethod
    def _keys_imply_mode(cls, data: Any) -> Any:
        if isinstance(data, dict) and "mode" not in data and any(data.get(name) for name in IMPLY_KEYS):
            return {**data, "mode": "keys"}
        return data

    @model_validator(mode="after")
    def _mode_keys_has_keys(self) -> Self:
        if self.mode == "keys" and not any(getattr(self, name) for name in IMPLY_KEYS):
            raise ValueError('mode "keys" needs keys, a key_file or admin_keys')
        return self
