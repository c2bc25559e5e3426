from typing import Annotated, Literal

from pydantic import Field

from fakeai.config.section import JsonObject, Section, TextList


class MetricsConfig(Section):
    profiles: TextList = Field(default=["vllm@0.33", "fakeai"], min_length=1)
    """What /metrics shows: profiles of spec/metrics, with or without version."""
    buckets: Annotated[dict[str, list[float]], JsonObject] = Field(default_factory=dict)
    """Family → upper bounds in place of its own."""
    text_version: Literal["0.0.4", "1.0.0"] = "0.0.4"
    """In the content type of text pages; the format is the same."""
    keep_seconds: int = Field(default=60, ge=1, le=3600)
    keep_minutes: int = Field(default=60, ge=1, le=1440)
    keep_hours: int = Field(default=24, ge=1, le=720)
    max_keys: int = Field(default=64, ge=1)
    """Models, tenants, endpoints and operations of which windows are kept, of each so many."""
    dcgm_fields: Literal["extended", "exporter"] = "extended"
    dcgm_hostname: str = Field(default="fakeai", min_length=1)
    dcgm_hostname_label: Literal["Hostname", "hostname"] = "Hostname"
    dcgm_driver: str = "570.172.08"
    dcgm_interval_s: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    """How long /dcgm/metrics stays as it is; the exporter's own default is 30."""
