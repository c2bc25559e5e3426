"""Seconds that chips spend in exchanging activations: a latency for each collective and bytes over the link.

All-reduce by ring moves 2 (n-1)/n of the message through each chip's link; all-gather and reduce-scatter move half of
that each (Thakur et al., Optimization of Collective Communication Operations in MPICH, 2005).
"""

from dataclasses import dataclass
from math import log2

from fakeai.core.efficiency import ChipEfficiency
from fakeai.core.hardware import LinkSpec
from fakeai.core.hardware_catalog import Hardware
from fakeai.sim.deployment import Deployment

ACTIVATION_BYTES = 2


@dataclass(frozen=True, slots=True)
class Traffic:
    """Of one step of the whole model: fixed seconds, and seconds and bytes per token of a chip's batch."""

    latency_s: float
    token_s: float
    token_bytes: float
    """Sent by each chip."""


def link_between(deployment: Deployment, hardware: Hardware, chips: int) -> tuple[LinkSpec, bool]:
    """The slowest link on the way, and whether it is a direct one between chips."""
    gpu = deployment.gpu
    if chips > gpu.link_peers:
        return hardware.link(gpu.network), False
    return hardware.link(gpu.link), gpu.link != gpu.host_link


def traffic(deployment: Deployment, hardware: Hardware) -> Traffic:
    arch = deployment.architecture
    eff = hardware.chip(deployment.gpu.arch)
    tensor = _tensor(deployment, hardware, eff, arch.layers, arch.hidden)
    expert = _expert(deployment, hardware, eff, arch.moe_layers, arch.hidden)
    stage = _stages(deployment, hardware, eff, arch.hidden)
    parts = (tensor, expert, stage)
    return Traffic(
        latency_s=sum(part.latency_s for part in parts),
        token_s=sum(part.token_s for part in parts),
        token_bytes=sum(part.token_bytes for part in parts),
    )


def _tensor(deployment: Deployment, hardware: Hardware, eff: ChipEfficiency, layers: int, hidden: int) -> Traffic:
    """Two all-reduces a layer: after attention and after the feed-forward."""
    n = deployment.tp
    return _times(deployment, hardware, eff, n, 2 * layers, 2 * (n - 1) / n * hidden * ACTIVATION_BYTES)


def _expert(deployment: Deployment, hardware: Hardware, eff: ChipEfficiency, layers: int, hidden: int) -> Traffic:
    """Tokens of attention ranks go to the experts and come back. Under tensor parallelism alone all chips have them."""
    n = deployment.dp * deployment.tp
    if deployment.dp == 1:
        return Traffic(0.0, 0.0, 0.0)
    return _times(deployment, hardware, eff, n, 2 * layers, (deployment.dp - 1) * hidden * ACTIVATION_BYTES)


def _stages(deployment: Deployment, hardware: Hardware, eff: ChipEfficiency, hidden: int) -> Traffic:
    n = deployment.pp
    return _times(deployment, hardware, eff, n, n - 1, hidden * ACTIVATION_BYTES)


def _times(
    deployment: Deployment, hardware: Hardware, eff: ChipEfficiency, chips: int, count: int, message_bytes: float
) -> Traffic:
    """count collectives among so many chips; message_bytes: through each chip's link, per token."""
    if chips == 1 or not count:
        return Traffic(0.0, 0.0, 0.0)
    link, direct = link_between(deployment, hardware, chips)
    latency_us = link.latency_us + eff.collective_us + eff.hop_us * log2(chips)
    bandwidth = link.gb_s * 1e9 * (eff.link if direct else eff.host_link)
    return Traffic(count * latency_us * 1e-6, count * message_bytes / bandwidth, count * message_bytes)
