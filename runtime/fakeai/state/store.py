"""All stored objects, in memory: namespace → organization and project → collection → object."""

from collections import Counter
from collections.abc import Iterator

import orjson

from fakeai.core.call import Page, PageQuery, Tenant, Upload
from fakeai.core.clock import Clock
from fakeai.core.errors import ApiError
from fakeai.core.operation import Document, Lifecycle, Operation
from fakeai.state.blobs import Blobs
from fakeai.state.lifecycle import Course
from fakeai.state.pages import select
from fakeai.state.records import Record, Records

Owner = tuple[str, ...]
"""(organization,) owns what admin operations make, (organization, project) everything else."""


class Shelf:
    """The collections of one owner."""

    def __init__(self) -> None:
        self.collections: dict[str, Records] = {}
        self._below: dict[str, set[str]] = {}
        """Parent object's path → names of the collections right under it."""

    def add(self, collection: str, record: Record) -> None:
        records = self.collections.get(collection)
        if records is None:
            records = self.collections[collection] = Records()
            self._below.setdefault(collection.rpartition("/")[0], set()).add(collection)
        records.add(record)

    def find(self, collection: str, id: str) -> Record | None:
        records = self.collections.get(collection)
        return None if records is None else records.get(id)

    def remove(self, collection: str, id: str) -> Record | None:
        records = self.collections.get(collection)
        record = None if records is None else records.remove(id)
        if record is not None and not records:
            self._forget(collection)
        return record

    def remove_below(self, collection: str, id: str) -> Iterator[Record]:
        """Removes everything stored under the object, at any depth."""
        for name in self._below.pop(f"{collection}/{id}", ()):
            for record in self.collections.pop(name):
                yield record
                yield from self.remove_below(name, record.id)

    def _forget(self, collection: str) -> None:
        del self.collections[collection]
        parent = collection.rpartition("/")[0]
        self._below[parent].discard(collection)
        if not self._below[parent]:
            del self._below[parent]


class Space:
    """One namespace."""

    def __init__(self, spill_above_bytes: int | None) -> None:
        self.shelves: dict[Owner, Shelf] = {}
        self.blobs = Blobs(spill_above_bytes)
        self.objects = 0


class Memory:
    """Everything of all namespaces, bounded by a number of objects for each."""

    def __init__(
        self,
        *,
        max_objects_per_namespace: int = 100_000,
        lifecycle_speed: float = 1.0,
        spill_above_bytes: int | None = 1 << 20,
    ) -> None:
        """lifecycle_speed: infinity is `storage.lifecycle: immediate`. spill_above_bytes: None keeps all in memory."""
        self.max_objects = max_objects_per_namespace
        self.lifecycle_speed = lifecycle_speed
        self.spaces: dict[str, Space] = {}
        self._spill_above_bytes = spill_above_bytes

    def view(self, tenant: Tenant, clock: Clock, operation: Operation) -> "View":
        owner = (tenant.organization,) if operation.security == "admin" else (tenant.organization, tenant.project)
        return View(self, tenant.namespace, owner, clock)

    def reset(self, namespace: str) -> None:
        """Forgets everything of the namespace; a large blob's file goes with the last reader of it."""
        self.spaces.pop(namespace, None)

    def counts(self, namespace: str) -> dict[str, int]:
        """Objects by the last word of their collection: {"files": 3, "messages": 10}."""
        total: Counter[str] = Counter()
        space = self.spaces.get(namespace)
        for shelf in space.shelves.values() if space else ():
            for name, records in shelf.collections.items():
                total[name.rpartition("/")[2]] += len(records)
        return dict(sorted(total.items()))

    def space(self, namespace: str) -> Space:
        """The namespace with room for one more object; made if it is new. Raises ApiError if it is full."""
        space = self.spaces.get(namespace)
        if space is None:
            space = self.spaces[namespace] = Space(self._spill_above_bytes)
        if space.objects >= self.max_objects:
            raise storage_full(self.max_objects)
        return space


def storage_full(limit: int) -> ApiError:
    """400, not 429 or 507: a client that retries it would retry in vain."""
    message = f"This namespace stores {limit} objects, its limit. Delete objects or reset the namespace."
    return ApiError(400, message, code="storage_limit_exceeded")


class View:
    """Store of one tenant; holds no state, so a call may make its own."""

    __slots__ = ("_clock", "_memory", "_namespace", "_owner")

    def __init__(self, memory: Memory, namespace: str, owner: Owner, clock: Clock) -> None:
        self._memory = memory
        self._namespace = namespace
        self._owner = owner
        self._clock = clock

    async def insert(self, collection: str, id: str, document: Document, lifecycle: Lifecycle | None = None) -> bool:
        if self._find(collection, id) is not None:
            return False
        memory = self._memory
        space = memory.space(self._namespace)
        shelf = space.shelves.get(self._owner)
        if shelf is None:
            shelf = space.shelves[self._owner] = Shelf()
        course = Course(lifecycle, self._clock.now(), memory.lifecycle_speed) if lifecycle else None
        shelf.add(collection, Record(id, orjson.dumps(document), course))
        space.objects += 1
        return True

    async def get(self, collection: str, id: str) -> Document | None:
        record = self._find(collection, id)
        return None if record is None else record.document(self._clock.now())

    async def replace(self, collection: str, id: str, document: Document) -> None:
        """Does nothing if there is no such object."""
        record = self._find(collection, id)
        if record is not None:
            record.data = orjson.dumps(document)

    async def enter(self, collection: str, id: str, action: str) -> Document | None:
        record = self._find(collection, id)
        if record is None or record.course is None or not record.course.enter(action, self._clock.now()):
            return None
        return record.document(self._clock.now())

    async def remove(self, collection: str, id: str) -> bool:
        space = self._memory.spaces.get(self._namespace)
        shelf = space.shelves.get(self._owner) if space else None
        if space is None or shelf is None:
            return False
        own = shelf.remove(collection, id)
        for record in (*shelf.remove_below(collection, id), *((own,) if own else ())):
            space.objects -= 1
            if record.blob is not None:
                space.blobs.drop(record.blob)
        return own is not None

    async def page(self, collection: str, query: PageQuery) -> Page:
        shelf = self._shelf()
        records = shelf.collections.get(collection) if shelf else None
        return select(records or Records(), collection, query, self._clock.now())

    async def put_blob(self, collection: str, id: str, upload: Upload) -> None:
        """Raises KeyError if there is no such object."""
        record = self._find(collection, id)
        if record is None:
            raise KeyError(f"{collection}/{id}")
        blobs = self._memory.spaces[self._namespace].blobs
        if record.blob is not None:
            blobs.drop(record.blob)
        record.blob = blobs.put(upload)

    async def get_blob(self, collection: str, id: str) -> Upload | None:
        record = self._find(collection, id)
        if record is None or record.blob is None:
            return None
        return self._memory.spaces[self._namespace].blobs.get(record.blob)

    def _shelf(self) -> Shelf | None:
        space = self._memory.spaces.get(self._namespace)
        return None if space is None else space.shelves.get(self._owner)

    def _find(self, collection: str, id: str) -> Record | None:
        shelf = self._shelf()
        return None if shelf is None else shelf.find(collection, id)
