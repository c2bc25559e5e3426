"""LoRA adapters in GPU memory: at most max_loras at once, the least recently used one gives way."""

from collections import OrderedDict
from collections.abc import Container


class Adapters:
    def __init__(self, max_loras: int, load_s: float, load_from_disk_s: float, max_cpu_loras: int) -> None:
        """load_s: from host memory to the chips; load_from_disk_s: before that, if host memory does not have it."""
        self.max_loras = max_loras
        self.loads = 0
        self._load_s = load_s
        self._load_from_disk_s = load_from_disk_s
        self._max_cpu_loras = max(max_cpu_loras, max_loras)
        self._resident: OrderedDict[str, None] = OrderedDict()
        self._in_host: OrderedDict[str, None] = OrderedDict()

    def fits(self, adapter: str | None, in_use: Container[str]) -> bool:
        """Whether a step can have this adapter beside those of the running requests."""
        if adapter is None or adapter in in_use:
            return True
        return sum(name in in_use for name in self._resident) < self.max_loras

    def use(self, adapter: str | None, in_use: Container[str]) -> float:
        """Seconds that the step waits for the adapter: 0 if it is resident."""
        if adapter is None:
            return 0.0
        if adapter in self._resident:
            self._resident.move_to_end(adapter)
            return 0.0
        if len(self._resident) >= self.max_loras:
            del self._resident[next(name for name in self._resident if name not in in_use)]
        self._resident[adapter] = None
        self.loads += 1
        return self._load_s + self._from_disk_s(adapter)

    def _from_disk_s(self, adapter: str) -> float:
        seconds = 0.0 if adapter in self._in_host else self._load_from_disk_s
        self._in_host[adapter] = None
        self._in_host.move_to_end(adapter)
        if len(self._in_host) > self._max_cpu_loras:
            self._in_host.popitem(last=False)
        return seconds

    @property
    def resident(self) -> list[str]:
        return list(self._resident)
