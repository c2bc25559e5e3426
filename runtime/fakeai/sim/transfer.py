"""KV on its way from one worker to another: each sender has one link, which its transfers share one after the other."""

from fakeai.sim.instance import Instance


class Transfer:
    def __init__(self, bytes_per_token: float, gb_s: float, latency_s: float) -> None:
        self._bytes_per_token = bytes_per_token
        self._bytes_s = gb_s * 1e9
        self._latency_s = latency_s
        self._free_s: dict[str, float] = {}

    def send(self, sender: Instance, tokens: int, now_s: float) -> float:
        """When the KV of so many tokens has arrived."""
        size = tokens * self._bytes_per_token
        begins_s = max(now_s, self._free_s.get(sender.id, now_s))
        self._free_s[sender.id] = begins_s + size / self._bytes_s
        sender.stats.transfer_bytes += size
        return self._free_s[sender.id] + self._latency_s
