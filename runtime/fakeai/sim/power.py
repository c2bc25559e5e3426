"""Power, heat, clocks and activity of a worker's chips, from the costs of its steps.

Power is what the chip draws when idle, a live CUDA context's share, and dynamic power by what is at work. The weights
give prompts the full TDP and decoding 0.6 to 0.75 of it, as A100s were measured (Mutinifni/splitwise-sim
data/perf_model.csv: mean of decoding 0.61-0.74, peak 1.0); H100s in decoding draw 0.54 of TDP there.
"""

from math import exp

from fakeai.core.hardware_catalog import Hardware
from fakeai.core.stats import GpuStats
from fakeai.sim import memory
from fakeai.sim.batch import StepCost
from fakeai.sim.deployment import Deployment

CONTEXT_W = 45.0
"""A live context adds 26 to 66 W to idle power, held memory nothing (arXiv 2605.23918)."""
BUSY_SHARE = 0.2
COMPUTE_SHARE = 0.75
MEMORY_SHARE = 0.45
"""Of the dynamic range between context and TDP, while a kernel runs, tensor cores or memory work; at most all of it."""
CLOCK_EXPONENT = 3.0
"""Dynamic power grows with the cube of the clock, as voltage follows it."""
LOWEST_CLOCK = 0.3
"""Of the boost clock."""
WINDOW_S = 1.0
"""Over which activity is averaged."""
HEAT_S = 30.0
"""Time constant of the temperature's lag behind power (telemetry of servers: tens of seconds)."""
AMBIENT_C = 30.0
TDP_RISE_C = 45.0
"""Above ambient at full power."""
MEMORY_RISE_C = 6.0
"""Memory above the chip when it works; half of it when it rests."""
SLOWDOWN_C = 87.0
"""From here the clock falls until it is cooler."""
THERMAL_CLOCK = 0.6


class Accelerators:
    """All chips of a worker do the same, so one state stands for each of them."""

    def __init__(
        self,
        deployment: Deployment,
        hardware: Hardware,
        worker: str,
        first_index: int = 0,
        now_s: float = 0.0,
        power_limit_w: float | None = None,
        ambient_c: float = AMBIENT_C,
    ) -> None:
        """power_limit_w: None is the TDP. Raises DoesNotFit."""
        gpu = deployment.gpu
        self.power_limit_w = power_limit_w or gpu.tdp_w
        self.ambient_c = ambient_c
        self.clock = 1.0
        """Of the boost clock."""
        self.power_w = self._base_w = min(gpu.idle_w + CONTEXT_W, 0.5 * gpu.tdp_w)
        self.energy_j = 0.0
        self.power_violation_s = 0.0
        self.thermal_violation_s = 0.0
        self._gpu = gpu
        self._tdp_w = gpu.tdp_w
        self._now_s = now_s
        self._activity = (0.0, 0.0, 0.0)
        self._temperature_c = self._settled_c()
        self._link_bytes = 0.0
        self._link_bytes_s = hardware.link(gpu.link).gb_s * 1e9 * hardware.chip(gpu.arch).link
        self._gpus = self._records(deployment, hardware, worker, first_index)

    @staticmethod
    def _records(deployment: Deployment, hardware: Hardware, worker: str, first: int) -> list[GpuStats]:
        plan = memory.plan(deployment, hardware)
        held = plan.weights + plan.workspace + plan.reserve + plan.kv
        return [
            GpuStats(deployment.gpu.id, worker, first + n, mem_used_bytes=held, mem_total_bytes=plan.total)
            for n in range(deployment.chips)
        ]

    def advance(self, now_s: float, cost: StepCost | None) -> None:
        """Books the time since the last call: a step of that cost, or idleness."""
        lasted_s = now_s - self._now_s
        self._now_s = now_s
        if lasted_s <= 0:
            return
        busy = compute = moved = 0.0
        if cost is not None and cost.total_s > 0:
            busy, compute, moved = 1.0, cost.compute_s / cost.total_s, cost.memory_s / cost.total_s
            self._link_bytes += cost.link_s * self._link_bytes_s
        self._draw(lasted_s, busy, compute, moved)
        self._average(lasted_s, busy, compute, moved)

    def _draw(self, lasted_s: float, busy: float, compute: float, moved: float) -> None:
        """Power of the interval under the clock that limit and heat allow; energy; temperature."""
        wanted = min(1.0, BUSY_SHARE * busy + COMPUTE_SHARE * compute + MEMORY_SHARE * moved)
        dynamic_w = wanted * (self._tdp_w - self._base_w)
        room_w = max(0.0, self.power_limit_w - self._base_w)
        clock = 1.0
        if dynamic_w > room_w:
            clock = max(LOWEST_CLOCK, (room_w / dynamic_w) ** (1 / CLOCK_EXPONENT))
            self.power_violation_s += lasted_s
        if self._temperature_c > SLOWDOWN_C and busy:
            clock = min(clock, THERMAL_CLOCK)
            self.thermal_violation_s += lasted_s
        self.clock = clock
        self.power_w = self._base_w + dynamic_w * clock**CLOCK_EXPONENT
        self.energy_j += self.power_w * lasted_s
        settled_c = self._settled_c()
        self._temperature_c = settled_c + (self._temperature_c - settled_c) * exp(-lasted_s / HEAT_S)

    def _settled_c(self) -> float:
        return self.ambient_c + TDP_RISE_C * self.power_w / self._tdp_w

    def _average(self, lasted_s: float, busy: float, compute: float, moved: float) -> None:
        kept = exp(-lasted_s / WINDOW_S)
        was_busy, was_compute, was_moved = self._activity
        self._activity = (
            busy + (was_busy - busy) * kept,
            compute + (was_compute - compute) * kept,
            moved + (was_moved - moved) * kept,
        )

    @property
    def gpus(self) -> list[GpuStats]:
        """The chips' records, as of the last call of `advance`."""
        busy, compute, moved = self._activity
        for record in self._gpus:
            record.power_w = self.power_w
            record.energy_j = self.energy_j
            record.temperature_c = self._temperature_c
            record.memory_temperature_c = self._temperature_c + MEMORY_RISE_C * (0.5 + 0.5 * moved)
            record.sm_clock_mhz = self._gpu.boost_mhz * self.clock
            record.mem_clock_mhz = float(self._gpu.mem_mhz)
            record.utilization = busy
            record.sm_active = max(compute, moved)
            record.tensor_active = compute
            record.dram_active = moved
            record.link_sent_bytes = record.link_received_bytes = self._link_bytes
            record.power_violation_s = self.power_violation_s
            record.thermal_violation_s = self.thermal_violation_s
            record.power_limit_w = self.power_limit_w
        return self._gpus
