"""Chips, links, what they achieve and how they are calibrated, by id or alias."""

import difflib
from collections.abc import Iterable, Mapping

from fakeai.core.efficiency import ChipEfficiency, EngineOverhead, Profile
from fakeai.core.hardware import GpuSpec, LinkSpec

DEFAULT_ARCH = "default"


class UnknownHardware(Exception):
    """One line that names the nearest known ids."""


class Hardware:
    """Of two rows of the same id the later wins. Ids are matched without regard to case, "_" and " " as "-"."""

    def __init__(
        self,
        gpus: Iterable[GpuSpec],
        links: Iterable[LinkSpec],
        chips: Iterable[ChipEfficiency],
        engines: Iterable[EngineOverhead],
        profiles: Iterable[Profile] = (),
    ) -> None:
        self.gpus: Mapping[str, GpuSpec] = {_key(gpu.id): gpu for gpu in gpus}
        self.links: Mapping[str, LinkSpec] = {_key(link.id): link for link in links}
        self.engines: Mapping[str, EngineOverhead] = {engine.id: engine for engine in engines}
        self._aliases = {_key(alias): gpu for gpu in self.gpus.values() for alias in gpu.aliases}
        self.chips: Mapping[str, ChipEfficiency] = {chip.id: chip for chip in chips}
        self._profiles = {profile.key: profile for profile in profiles}

    def gpu(self, name: str) -> GpuSpec:
        """Raises UnknownHardware."""
        key = _key(name)
        found = self.gpus.get(key) or self._aliases.get(key)
        if found is None:
            raise UnknownHardware(_unknown("gpu", name, [*self.gpus, *self._aliases]))
        return found

    def link(self, name: str) -> LinkSpec:
        """Raises UnknownHardware."""
        found = self.links.get(_key(name))
        if found is None:
            raise UnknownHardware(_unknown("link", name, list(self.links)))
        return found

    def chip(self, arch: str) -> ChipEfficiency:
        """Of an architecture, or the default's."""
        return self.chips.get(arch) or self.chips[DEFAULT_ARCH]

    def profile(self, engine: str, model: str, gpu: str, weights: str, tp: int) -> Profile | None:
        """None where the combination was never measured: physics alone then."""
        return self._profiles.get((engine, model, gpu, weights, tp))


def _key(name: str) -> str:
    return name.strip().casefold().replace("_", "-").replace(" ", "-")


def _unknown(kind: str, name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(_key(name), known, n=3, cutoff=0.4) or sorted(known)[:3]
    return f"{kind} {name!r} is not known; the nearest are {', '.join(near)}"
