from typing import Literal

from pydantic import Field

from fakeai.config.section import Section


class StorageConfig(Section):
    max_objects_per_namespace: int = Field(default=100_000, ge=1)
    """Creating more is refused."""
    lifecycle: Literal["time", "immediate"] = "time"
    """immediate: objects that finish by and by are finished when created."""
