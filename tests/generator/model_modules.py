"""Emitted model modules, executed without a file."""

import sys
from types import ModuleType
from typing import Any

from pydantic import BaseModel

from fakeai_generator.models import ModelFiles, emit_models
from fakeai_generator.tree import GroupSchemas, Lifted, Schema


class Models:
    """The classes of one group."""

    def __init__(self, files: ModelFiles, group: str) -> None:
        self.text = files.files[f"models/{group}.py"]
        self.module = ModuleType(f"fakeai_emitted_{group}_{id(self)}")
        self.classes = files.classes[group]
        sys.modules[self.module.__name__] = self.module
        exec(compile(self.text, f"models/{group}.py", "exec"), vars(self.module))

    def __getitem__(self, component: str) -> type[BaseModel]:
        found: type[BaseModel] = vars(self.module)[self.classes[component]]
        return found


def of_components(components: dict[str, Schema]) -> Models:
    """Every component as a response of one group."""
    lifted = Lifted(components, {"all": GroupSchemas(responses=tuple(components))})
    return Models(emit_models(lifted), "all")


def error_of(model: type[BaseModel], value: Any, strict: bool | None = None) -> str:
    """Empty if the model accepts the value."""
    try:
        model.model_validate(value, strict=strict)
    except ValueError as error:
        return str(error) or type(error).__name__
    return ""
