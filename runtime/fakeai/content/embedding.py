"""Embeddings: unit vectors that are the nearer the more groups of characters two texts share.

Counts of the groups are hashed into the model's dimensions (the hashing trick, Weinberger et al., 2009) and spread over
all of them by an all-pass filter of random phases: a rotation, which keeps angles and, by the lemma of Johnson and
Lindenstrauss, roughly those of the first dimensions too.
"""

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from fakeai.core.seeds import derive

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

GROUPS = (2, 3, 4)
"""Bytes that are counted together; those across words tell the order of words."""
_MULTIPLIER = 0x9E3779B97F4A7C15
"""2^64 over the golden ratio (Knuth's multiplicative hashing)."""


def embed(text: str, model: str, native_dimensions: int, dimensions: int) -> "NDArray[np.float32]":
    """[dimensions] of length 1; the first of the native ones, as models with nested representations give them."""
    import numpy as np

    keys, counts = np.unique(_keys(text), return_counts=True)
    places = (keys >> np.uint64(33)) % np.uint64(native_dimensions)
    signs = np.where(keys & np.uint64(1 << 32), 1.0, -1.0)
    hashed = np.bincount(places.astype(np.int64), signs * np.sqrt(counts), native_dimensions)
    spread = np.fft.irfft(np.fft.rfft(hashed) * _phases(model, native_dimensions), native_dimensions)[:dimensions]
    length = np.linalg.norm(spread)
    if not length:  # signs may cancel out in a short text
        spread, length = np.ones(dimensions), np.sqrt(dimensions)
    return np.asarray(spread / length, np.float32)


def _keys(text: str) -> "NDArray[np.uint64]":
    """A hash for each group of each place, case and white space aside."""
    import numpy as np

    data = np.frombuffer(f"  {' '.join(text.lower().split())}  ".encode("utf-8", "surrogatepass"), np.uint8)
    found = []
    for size in GROUPS:
        if len(data) < size:
            continue
        key = np.full(len(data) - size + 1, size, np.uint64)
        for offset in range(size):
            key = (key << np.uint64(8)) | data[offset : len(data) - size + 1 + offset].astype(np.uint64)
        found.append(key * np.uint64(_MULTIPLIER))
    return np.concatenate(found)


@lru_cache(maxsize=64)
def _phases(model: str, dimensions: int) -> Any:
    """Models differ in nothing else. The first and the last term of a real spectrum stay real."""
    import numpy as np

    phases = np.exp(2j * np.pi * np.random.default_rng(derive("embedding", model)).random(dimensions // 2 + 1))
    phases[0] = 1
    if dimensions % 2 == 0:
        phases[-1] = 1
    return phases
