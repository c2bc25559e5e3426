from pydantic import Field

from fakeai.config.section import Section


class CoreConfig(Section):
    seed: int = 0
    """Everything random derives from it."""
    epoch: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """Unix seconds at which the clock starts; from there only requests move it. None is the real time."""
