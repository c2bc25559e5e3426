"""In which order requests that waited together come to the router."""

from collections.abc import Iterable, Sequence

from fakeai.sim.request import SimRequest


def by_prefix(requests: Iterable[SimRequest]) -> list[list[SimRequest]]:
    """Those that begin with the same block together, the longest shared prefix first, else in order of arrival. A
    prompt without a full block shares nothing."""
    groups: dict[object, list[SimRequest]] = {}
    for request in requests:
        first = request.prompt_hashes(1)
        groups.setdefault(first[0] if first else request, []).append(request)
    return sorted(groups.values(), key=_shared_tokens, reverse=True)


def _shared_tokens(group: Sequence[SimRequest]) -> int:
    """Of the prefix that all of the group have."""
    first, *others = group
    if not others:
        return 0
    block_size = first.hashes.block_size
    hashes = first.prompt_hashes(first.prompt_tokens // block_size)
    shared = len(hashes)
    for other in others:
        shared = _agreeing(hashes, other.prompt_hashes(shared))
    return shared * block_size


def _agreeing(one: Sequence[int], other: Sequence[int]) -> int:
    """Chained hashes: where they differ once, they differ from there on."""
    for number, (ours, theirs) in enumerate(zip(one, other, strict=False)):
        if ours != theirs:
            return number
    return min(len(one), len(other))
