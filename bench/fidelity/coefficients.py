"""The coefficients of the cost model as one vector of logarithms, with the spread that is believed before any data.

A chip's coefficient is the common one times a deviation of its architecture. Both are drawn to where they begin: a
coefficient on which the data say nothing stays there.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from math import exp
from typing import Any

from bench.fidelity.placing import beginning
from fakeai.core.efficiency import ChipEfficiency, EngineOverhead
from fakeai.core.hardware_catalog import DEFAULT_ARCH, Hardware

MAX_FRACTION = 0.92
"""No chip does more than what is published."""

COMMON_SPREAD = {
    "weights": 0.1, "narrow_weights": 0.2, "kv": 0.2, "attention": 0.3, "expert_weights": 0.2, "expert_flops": 0.3,
    "emulation": 0.3,
    "link": 0.3, "host_link": 0.3, "collective_us": 0.5, "hop_us": 0.5,
    "flops.bf16": 0.15, "flops.fp8": 0.15, "flops.fp4": 0.2,
}  # fmt: skip
ARCH_SPREAD = {
    "weights": 0.1, "narrow_weights": 0.1, "kv": 0.1, "attention": 0.15, "expert_weights": 0.15, "expert_flops": 0.15,
    "emulation": 0.15,
    "link": 0.15, "host_link": 0.15, "collective_us": 0.2, "hop_us": 0.2, "kernels": 0.2,
    "flops.bf16": 0.1, "flops.fp8": 0.1, "flops.fp4": 0.1,
}  # fmt: skip
ENGINE_SPREAD = {
    "step_us": 0.6, "seq_us": 0.6, "layer_us": 0.4, "quantise_layer_us": 0.6, "moe_layer_us": 0.4,
    "activation_passes": 0.4, "routing": 0.1, "latent_layer_us": 0.7, "sparse_layer_us": 0.7,
    "linear_layer_us": 0.7, "unpack_layer_us": 0.7,
}  # fmt: skip
_FRACTIONS = {
    "weights",
    "narrow_weights",
    "kv",
    "attention",
    "expert_weights",
    "expert_flops",
    "emulation",
    "link",
    "host_link",
}


@dataclass(frozen=True, slots=True)
class Name:
    kind: str
    """common, arch or engine."""
    row: str
    field: str


@dataclass(frozen=True, slots=True)
class Coefficients:
    base: Hardware
    differences: Mapping[str, Mapping[str, Any]]
    """Of architectures that start elsewhere than the default."""
    names: tuple[Name, ...]
    spread: tuple[float, ...]

    def hardware(self, vector: Mapping[Name, float]) -> Hardware:
        """With each coefficient times exp of its entry."""
        common = self.base.chip(DEFAULT_ARCH)
        chips = [self._chip(common, DEFAULT_ARCH, vector)]
        archs = {name.row for name in self.names if name.kind == "arch"} | set(self.differences)
        chips += [self._chip(common, arch, vector) for arch in sorted(archs)]
        engines = [self._engine(engine, vector) for engine in self.base.engines.values()]
        return Hardware(self.base.gpus.values(), self.base.links.values(), chips, engines)

    def _chip(self, common: ChipEfficiency, arch: str, vector: Mapping[Name, float]) -> ChipEfficiency:
        def value(field: str, start: float) -> float:
            moved = vector.get(Name("common", DEFAULT_ARCH, field), 0.0) + vector.get(Name("arch", arch, field), 0.0)
            found = start * exp(moved)
            return min(found, MAX_FRACTION) if field.startswith("flops") or field in _FRACTIONS else found

        own = self.differences.get(arch, {})
        plain = [name for name in ARCH_SPREAD if "." not in name]
        fields: dict[str, Any] = {name: value(name, own.get(name, getattr(common, name))) for name in plain}
        starts = own.get("flops", common.flops)
        flops = {dtype: value(f"flops.{dtype}", start) for dtype, start in starts.items()}
        return dataclasses.replace(common, id=arch, flops=flops, **fields)

    def _engine(self, engine: EngineOverhead, vector: Mapping[Name, float]) -> EngineOverhead:
        moved = {
            field: getattr(engine, field) * exp(vector.get(Name("engine", engine.id, field), 0.0))
            for field in ENGINE_SPREAD
        }
        return dataclasses.replace(engine, **moved)


def coefficients(archs: set[str], engines: set[str]) -> Coefficients:
    """Those that rows of such architectures and engines can tell something about."""
    named = [(Name("common", DEFAULT_ARCH, field), spread) for field, spread in COMMON_SPREAD.items()]
    named += [(Name("arch", arch, field), s) for arch in sorted(archs) for field, s in ARCH_SPREAD.items()]
    named += [(Name("engine", engine, f), s) for engine in sorted(engines) for f, s in ENGINE_SPREAD.items()]
    base, differences = beginning()
    return Coefficients(base, differences, tuple(name for name, _ in named), tuple(spread for _, spread in named))
