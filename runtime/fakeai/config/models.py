from typing import Literal

from pydantic import FilePath

from fakeai.config.section import Section


class ModelsConfig(Section):
    file: FilePath | None = None
    """Catalog file whose rows are added to the built-in ones, or replace those of the same id."""
    unknown: Literal["error", "infer"] = "error"
