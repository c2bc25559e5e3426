"""Row types of spec/hardware.yaml: accelerators and the links between them.

None means "not known" or "does not apply", never zero. Figures are per chip and dense (no sparsity).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from fakeai.core.specs import negatives

_STRICT: Mapping[str, object] = {"extra": "forbid", "strict": True}

Dtype = Literal["bf16", "fp16", "fp8", "fp4", "int8", "int4"]
"""Formats of weights, and but for the 4-bit integers of arithmetic."""

DTYPE_BYTES: Mapping[str, float] = {"bf16": 2, "fp16": 2, "fp8": 1, "fp4": 0.5625, "int8": 1, "int4": 0.53125}
"""Bytes per element, scales included: FP4 has one 8-bit scale for 16 values, 4-bit integers one 16-bit for 64."""


@dataclass(frozen=True, slots=True)
class LinkSpec:
    """A connection between chips, hosts or stores."""

    __pydantic_config__: ClassVar = _STRICT

    id: str
    gb_s: float
    """Per direction, as published, between one chip and all its peers."""
    latency_us: float
    source: str = ""

    def problems(self) -> Iterator[str]:
        """What is wrong with a row though its types are right."""
        if not self.id:
            yield "id: is empty"
        if not self.gb_s > 0:
            yield "gb_s: expected more than 0"
        yield from negatives((("", self),))


@dataclass(frozen=True, slots=True)
class GpuSpec:
    __pydantic_config__: ClassVar = _STRICT

    id: str
    """Lower case with hyphens: h100-sxm."""
    name: str
    """As drivers report it: NVIDIA H100 80GB HBM3."""
    vendor: Literal["nvidia", "amd", "intel"]
    arch: str
    mem_gb: float
    mem_gb_s: float
    tflops: Mapping[str, float]
    """By dtype, for those that the chip computes in; others are emulated."""
    link: str
    """LinkSpec id of the connection to its peers; a host link where it has no other."""
    link_peers: int
    """Chips that share that link; beyond them traffic takes `network`."""
    host_link: str
    network: str = "infiniband-ndr"
    tdp_w: float = 0
    idle_w: float = 0
    sm_count: int = 0
    boost_mhz: int = 0
    mem_mhz: int = 0
    usd_per_hour: float | None = None
    """List price of a rented chip."""
    aliases: tuple[str, ...] = ()
    source: str = ""
    extra: Mapping[str, float] = field(default_factory=dict)
    """Achieved fractions that differ from the vendor's, such as mem_fraction."""

    def problems(self) -> Iterator[str]:
        """What is wrong with a row though its types are right. The cost model divides by some of the figures."""
        if not self.id:
            yield "id: is empty"
        for name in ("mem_gb", "mem_gb_s", "tdp_w", "link_peers"):
            if not getattr(self, name) > 0:
                yield f"{name}: expected more than 0"
        if not self.tflops.get("bf16", 0) > 0:
            yield "tflops.bf16: expected more than 0"
        yield from negatives((("", self),))
