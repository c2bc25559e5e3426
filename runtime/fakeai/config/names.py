"""The names of settings: "section.field", and FAKEAI_<SECTION>__<FIELD> in the environment."""

from difflib import get_close_matches
from functools import cache

from pydantic.fields import FieldInfo

from fakeai.config import AppConfig

ENV_PREFIX = "FAKEAI_"


@cache
def fields() -> dict[str, FieldInfo]:
    """Every setting by its path, in the order of the sections."""
    return {
        f"{section}.{name}": field
        for section, info in AppConfig.model_fields.items()
        for name, field in getattr(info.annotation, "model_fields", {}).items()
    }


def env_name(path: str) -> str:
    return ENV_PREFIX + path.replace(".", "__").upper()


def path_of_env(name: str) -> str:
    return name[len(ENV_PREFIX) :].lower().replace("__", ".")


def nearest(path: str) -> str | None:
    """The setting that was probably meant; the section may be missing."""
    known = {name.partition(".")[2]: name for name in fields()} | {name: name for name in fields()}
    close = get_close_matches(path, known, n=1)
    return known[close[0]] if close else None
