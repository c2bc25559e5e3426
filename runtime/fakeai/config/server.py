from pathlib import Path
from typing import Literal

from pydantic import ByteSize, Field

from fakeai.config.section import Section, TextList

LogLevel = Literal["critical", "error", "warning", "info", "debug"]


class ServerConfig(Section):
    host: str = Field(default="127.0.0.1", min_length=1)
    port: int = Field(default=8000, ge=0, le=65535)
    """0 takes a free one."""
    max_body_bytes: ByteSize = Field(default=ByteSize(64 * 1024 * 1024), gt=0)
    """Also as text with a unit, such as 64MiB."""
    unknown_parameters: Literal["error", "ignore"] = "error"
    unknown_ids: Literal["404", "fabricate"] = "404"
    contract: bool = False
    """For the test suites of clients: rules beyond the schemas are off, and answers carry every field."""
    shutdown_grace_s: float = Field(default=10.0, ge=0, allow_inf_nan=False)
    """How long running answers may go on after SIGTERM."""
    log_level: LogLevel = "warning"
    access_log: bool = False
    arrival_log: Path | None = None
    """Where requests are recorded for `fakeai simulate`; what is there is overwritten."""
    cors_allowed_origins: TextList = Field(default_factory=list)
