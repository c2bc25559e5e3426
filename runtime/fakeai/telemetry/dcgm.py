"""Chips as dcgm-exporter names them.

Sources: dcgm-exporter 4.5.3-4.8.2, internal/pkg/rendermetrics and internal/pkg/collector; AIPerf 0.13, gpu_telemetry.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from fakeai.core.metrics import Labels, Metric
from fakeai.core.seeds import derive
from fakeai.core.stats import GpuStats
from fakeai.telemetry.prometheus import Page
from fakeai.telemetry.registry import Registry
from fakeai.telemetry.snapshot import Member, Snapshot

FELL_OFF_THE_BUS = 79
"""A chip with this XID is gone from the page."""
RATE_OVER_S = 1.0
"""Rates are formed over at least so long, however often the page is read."""
_BYTES = ("host_sent_bytes", "host_received_bytes", "link_sent_bytes", "link_received_bytes")

XIDS = {
    13: "Graphics engine exception",
    31: "Memory page fault",
    43: "Stopped processing",
    45: "Preemptive cleanup after earlier errors",
    48: "Double-bit ECC error",
    62: "Micro-controller halt",
    63: "Page retirement or row remap recorded",
    64: "Page retirement or row remap failed",
    74: "NVLink error",
    79: "Fallen off the bus",
    92: "High single-bit ECC error rate",
    94: "Contained ECC error",
    95: "Uncontained ECC error",
    119: "GSP RPC timeout",
    120: "GSP error",
    145: "NVLink RLW error",
}


class GpuKey(NamedTuple):
    """Labels of one chip."""

    gpu: str
    """Its number."""
    worker: str
    model: str
    uuid: str
    pci_bus_id: str
    device: str
    hostname: str
    driver: str


class Chip:
    """GpuStats, and what must be derived of it."""

    def __init__(self, stats: GpuStats, rates: dict[str, float]) -> None:
        self._stats = stats
        self.__dict__.update(rates)
        self.xid_text = XIDS.get(stats.last_xid, f"XID {stats.last_xid}") if stats.last_xid else ""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stats, name)


@dataclass(slots=True)
class _Sample:
    at_s: float
    totals: list[float]
    rates: dict[str, float]


class Chips:
    """The chips of a registry with their labels and rates."""

    def __init__(self, registry: Registry, seed: int, hostname: str, driver: str) -> None:
        self.registry = registry
        self.seed = seed
        self.hostname = hostname
        self.driver = driver
        self._samples: dict[int, _Sample] = {}

    def members(self) -> Iterator[Member]:
        now_s = self.registry.now()
        for stats in self.registry.gpus():
            yield self._key(stats), Chip(stats, self._rates(stats, now_s))

    def _key(self, stats: GpuStats) -> GpuKey:
        digits = f"{derive(self.seed, 'gpu', stats.index):016x}{derive(self.seed, 'uuid', stats.index):016x}"
        uuid = "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
        return GpuKey(
            gpu=str(stats.index),
            worker=stats.worker,
            model=stats.name or stats.gpu,
            uuid=f"GPU-{uuid}",
            pci_bus_id=f"{stats.index // 8:08X}:{_BUSES[stats.index % 8]:02X}:00.0",
            device=f"nvidia{stats.index}",
            hostname=self.hostname,
            driver=self.driver,
        )

    def _rates(self, stats: GpuStats, now_s: float) -> dict[str, float]:
        totals = [getattr(stats, name) for name in _BYTES]
        sample = self._samples.get(stats.index)
        if sample is None:
            sample = self._samples[stats.index] = _Sample(now_s, totals, {f"{name}_s": 0.0 for name in _BYTES})
        elapsed_s = now_s - sample.at_s
        if elapsed_s >= RATE_OVER_S:
            changes = zip(_BYTES, totals, sample.totals, strict=True)
            rates = {f"{name}_s": (after - before) / elapsed_s for name, after, before in changes}
            sample = self._samples[stats.index] = _Sample(now_s, totals, rates)
        return sample.rates


_BUSES = (0x1B, 0x43, 0x52, 0x61, 0x9D, 0xC3, 0xD1, 0xDF)
"""Of the eight chips of a board; each board is a PCI domain of its own."""


class DcgmPage:
    """hostname_label: Hostname, as releases write it, or hostname. interval_s: how long a page stays as it is."""

    def __init__(self, chips: Chips, rows: Sequence[Metric], hostname_label: str, interval_s: float) -> None:
        self._chips = chips
        self._page = Page([_with_hostname(row, hostname_label) for row in rows])
        self._interval_s = interval_s
        self._text = ""
        self._until_s = float("-inf")

    def text(self) -> str:
        now_s = self._chips.registry.now()
        if now_s >= self._until_s:
            seen = [member for member in self._chips.members() if _is_seen(member[1])]
            self._text = self._page.text(Snapshot(self._chips.registry, seen))
            self._until_s = now_s + self._interval_s
        return self._text


def _is_seen(chip: Chip) -> bool:
    return bool(chip.vendor == "nvidia" and chip.last_xid != FELL_OFF_THE_BUS)


def _with_hostname(row: Metric, label: str) -> Metric:
    names = tuple(label if name == "Hostname" else name for name in row.labels.names)
    return replace(row, labels=_labels(names, row.labels))


_KNOWN: dict[tuple[tuple[str, ...], Labels], Labels] = {}


def _labels(names: tuple[str, ...], labels: Labels) -> Labels:
    """The same object for the same names, so that rows go on sharing groups."""
    return _KNOWN.setdefault((names, labels), replace(labels, names=names))
