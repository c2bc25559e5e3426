"""SGLang's cache: a radix tree of prefixes whose unlocked leaves are given up. Source: SGLang 0.5.23, srt/mem_cache.

An edge is labelled with the hashes of its pages. They are chained and salted: tokens under different namespaces never
meet in the tree, and one hash tells which child continues a prefix.
"""

import sys
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from heapq import heapify, heappop, heappush
from itertools import islice, takewhile

from fakeai.core.stats import WorkerStats
from fakeai.sim.cache import Hit, HitCounts, KvSink
from fakeai.sim.request import SimRequest


class Node:
    __slots__ = (
        "children",
        "created",
        "end",
        "hashes",
        "hits",
        "locks",
        "pages",
        "parent",
        "priority",
        "stamp",
        "used",
    )

    def __init__(self, parent: "Node | None", hashes: Sequence[int], pages: list[int]) -> None:
        self.parent = parent
        self.hashes = hashes
        self.pages = pages
        self.children: dict[int, Node] = {}
        """By their first hash."""
        self.end: int = len(pages) + (parent.end if parent is not None else 0)
        """Pages from the root to the end of this node."""
        self.locks = 0
        """Live requests that hold it or what comes after it."""
        self.hits = 0
        """Requests that found it."""
        self.priority = -sys.maxsize
        """The highest of those requests; higher stays longer."""
        self.created = self.used = 0
        self.stamp = 0
        """The number of its entry in the heap of leaves; 0: it has none that counts."""


Rank = Callable[[Node], tuple[int, int]]
"""The leaf with the lowest rank goes first."""


class RadixCache:
    """Pages of `block_size` tokens; ids are 1 to capacity_blocks.

    Prompts can be found as they are computed, answers when their request lets go: that is when SGLang inserts them. A
    request that fills what is in the tree already gets the tree's pages in place of its own.
    """

    def __init__(
        self,
        capacity_blocks: int,
        block_size: int,
        *,
        rank: Rank | None = None,
        sink: KvSink | None = None,
        stats: WorkerStats | None = None,
    ) -> None:
        self.capacity_blocks = capacity_blocks
        self.block_size = block_size
        self._rank = rank if rank is not None else RANKS["lru"]
        self._sink = sink
        self._stats = stats if stats is not None else WorkerStats()
        self.hits = HitCounts(self._stats)
        self._clear()

    def _clear(self) -> None:
        self._now = 0
        self._root = Node(None, [], [])
        self._root.locks = 1
        self._held: dict[SimRequest, Node] = {}
        """The last node that a request has locked; pages before its end are the tree's, the rest are its own."""
        self._leaves: list[tuple[tuple[int, int], int, Node]] = []
        self._nodes = 0
        self._stamps = 0
        self._free: list[int] = []
        self._unused = 1
        self._locked_pages = self._own_pages = 0
        self.cached_blocks = 0

    @property
    def used_blocks(self) -> int:
        return self._locked_pages + self._own_pages

    @property
    def evictable_blocks(self) -> int:
        return self.cached_blocks - self._locked_pages

    def contents(self, limit: int) -> Iterator[tuple[int, int, int]]:
        return islice(_listed(self._root), limit)

    def lookup(self, request: SimRequest, now_s: float) -> Hit:
        tokens = request.total_tokens
        hashes = request.hashes.first((tokens - 1) // self.block_size)
        pages: list[int] = []
        node = self._root
        while len(pages) < len(hashes):
            child = node.children.get(hashes[len(pages)])
            if child is None:
                break
            shared = _common(child, hashes)
            pages += child.pages[:shared]
            if shared < len(child.pages):
                break
            node = child
        return Hit(len(pages) * self.block_size, pages, tokens)

    def allocate(
        self, request: SimRequest, tokens: int, now_s: float, hit: Hit | None = None, fitting_tokens: int = 0
    ) -> bool:
        blocks = request.blocks
        room = len(blocks) * self.block_size
        if tokens < room:
            return True
        pages, fitting = -(-tokens // self.block_size), -(-fitting_tokens // self.block_size)
        if tokens > room and not self._grow(request, pages, max(pages, fitting), hit):
            return False
        if not request.produced_tokens or tokens < request.total_tokens:
            self._insert(request, min(tokens, request.total_tokens) // self.block_size)
        return True

    def free(self, request: SimRequest, now_s: float) -> None:
        if request not in self._held:
            return
        if request.produced_tokens:
            # What was said last has never been computed.
            self._insert(request, min((request.total_tokens - 1) // self.block_size, len(request.blocks)))
        node = self._held.pop(request)
        own = request.blocks[node.end :]
        self._free += own
        self._own_pages -= len(own)
        request.blocks.clear()
        self._touch(node, request)
        self._unlock(node)

    def reset(self) -> bool:
        if self.used_blocks:
            return False
        self._clear()
        if self._sink is not None:
            self._sink.cleared()
        return True

    def _grow(self, request: SimRequest, pages: int, fitting: int, hit: Hit | None) -> bool:
        node = self._held.get(request)
        if node is None:
            found = hit.blocks if hit is not None else []
            node = self._descend(self._root, request.hashes.first(len(found)))
            self._lock(node)
            if fitting - len(found) > self.capacity_blocks - self.used_blocks:
                self._unlock(node)
                return False
            self._held[request] = node
            if hit is not None:
                self._touch(node, request, hits=1)
                self.hits.add(request, hit)
                request.blocks += found
        elif fitting - len(request.blocks) > self.capacity_blocks - self.used_blocks:
            return False
        request.blocks += self._take(pages - len(request.blocks))
        return True

    def _take(self, count: int) -> list[int]:
        while len(self._free) + self.capacity_blocks + 1 - self._unused < count:
            self._evict()
        taken = [self._free.pop() for _ in range(min(count, len(self._free)))]
        unused = self._unused
        self._unused += count - len(taken)
        self._own_pages += count
        return taken + list(range(unused, self._unused))

    def _insert(self, request: SimRequest, full: int) -> None:
        """Makes the request's first `full` pages part of the tree, as far as their hashes are known, and locks them."""
        start, hashes, blocks = self._held[request], request.hashes.first(full), request.blocks
        if len(hashes) <= start.end:
            return
        node = self._descend(start, hashes)
        if node is not start:
            self._free += blocks[start.end : node.end]
            self._own_pages -= node.end - start.end
            blocks[start.end : node.end] = _pages(start, node)
        first, last = node.end, len(hashes)
        if first < last:
            parent, node = node, Node(node, hashes[first:last], blocks[first:last])
            parent.children[hashes[first]] = node
            node.created = self._now + 1
            self._nodes += 1
            self._own_pages -= last - first
            self.cached_blocks += last - first
            if self._sink is not None:
                self._sink.stored(request, first, last)
        self._lock(node)
        self._held[request] = node
        self._touch(node, request)
        self._unlock(start)

    def _descend(self, node: Node, hashes: Sequence[int]) -> Node:
        """The last node on the path of `hashes`, which begins with the path of `node`; splits an edge if need be."""
        while node.end < len(hashes):
            child = node.children.get(hashes[node.end])
            if child is None:
                break
            shared = _common(child, hashes)
            if shared < len(child.pages):
                return self._split(child, shared)
            node = child
        return node

    def _split(self, node: Node, at: int) -> Node:
        """Puts a node for the first `at` pages before it. Whoever has locked the node keeps it."""
        assert node.parent is not None
        before = Node(node.parent, node.hashes[:at], node.pages[:at])
        node.parent.children[node.hashes[0]] = before
        node.parent, node.hashes, node.pages = before, node.hashes[at:], node.pages[at:]
        before.children[node.hashes[0]] = node
        before.locks, before.hits, before.priority = node.locks, node.hits, node.priority
        before.created, before.used = node.created, node.used
        self._nodes += 1
        return before

    def _touch(self, node: Node, request: SimRequest, hits: int = 0) -> None:
        self._now += 1
        for each in _path(node):
            each.used = self._now
            each.hits += hits
            each.priority = max(each.priority, -request.priority)

    def _lock(self, node: Node) -> None:
        for each in _path(node):
            if not each.locks:
                self._locked_pages += len(each.pages)
                each.stamp = 0
            each.locks += 1

    def _unlock(self, node: Node) -> None:
        for each in _path(node):
            each.locks -= 1
            if not each.locks:
                self._locked_pages -= len(each.pages)
                self._offer(each)

    def _offer(self, node: Node) -> None:
        """Lets it be evicted if it is a leaf."""
        if node.children:
            return
        self._stamps += 1
        node.stamp = self._stamps
        heappush(self._leaves, (self._rank(node), node.stamp, node))
        if len(self._leaves) > 2 * self._nodes + 64:
            self._leaves = [entry for entry in self._leaves if entry[1] == entry[2].stamp]
            heapify(self._leaves)

    def _evict(self) -> None:
        _, stamp, node = heappop(self._leaves)
        parent = node.parent
        if stamp != node.stamp or parent is None:
            return
        node.stamp = 0
        del parent.children[node.hashes[0]]
        self._nodes -= 1
        self._free += node.pages
        self.cached_blocks -= len(node.pages)
        self._stats.evicted_blocks += len(node.pages)
        if self._sink is not None:
            self._sink.removed(node.hashes)
        if not parent.locks:
            self._offer(parent)


def _common(node: Node, hashes: Sequence[int]) -> int:
    """Pages of the node that are on the path of `hashes`; chained hashes are equal up to one place and never after."""
    start = node.end - len(node.hashes)
    length = min(len(node.hashes), len(hashes) - start)
    return bisect_left(range(length), True, key=lambda at: node.hashes[at] != hashes[start + at])


def _path(node: Node | None) -> Iterator[Node]:
    while node is not None:
        yield node
        node = node.parent


def _pages(above: Node, node: Node) -> list[int]:
    """Of the nodes from the one after `above` down to `node`."""
    parts = list(takewhile(lambda each: each is not above, _path(node)))
    return [page for part in reversed(parts) for page in part.pages]


def _listed(root: Node) -> Iterator[tuple[int, int, int]]:
    nodes = [root]
    while nodes:
        node = nodes.pop()
        nodes += node.children.values()
        for page_hash in node.hashes:
            yield page_hash, 1, node.locks


RANKS: dict[str, Rank] = {
    "lru": lambda node: (node.used, 0),
    "lfu": lambda node: (node.hits, node.used),
    "slru": lambda node: (int(node.hits >= 2), node.used),
    "priority": lambda node: (node.priority, node.used),
    "fifo": lambda node: (node.created, 0),
    "filo": lambda node: (-node.created, 0),
    "mru": lambda node: (-node.used, 0),
}
