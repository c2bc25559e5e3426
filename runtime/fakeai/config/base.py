from pydantic import Field

from fakeai.config.section import Section

LAST_S = 253_402_300_799
"""The end of the year 9999, which milliseconds exceed."""


class CoreConfig(Section):
    seed: int = 0
    """Everything random derives from it."""
    epoch: float | None = Field(default=None, ge=0, le=LAST_S, allow_inf_nan=False)
    """Unix seconds at which the clock starts; from there only requests move it. None is the real time."""
