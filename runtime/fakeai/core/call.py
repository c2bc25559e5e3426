"""What is known about one request while it is answered."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from fakeai.core.clock import Clock
from fakeai.core.operation import Document, Lifecycle, Operation
from fakeai.core.seeds import Draw, derive, draws

DEFAULT_NAMESPACE = "default"
NAMESPACE = re.compile(r"[a-z0-9][a-z0-9_.]{0,62}")
NAMESPACE_FORM = "up to 63 lower-case letters, digits, '_' and '.', starting with a letter or digit"
Header = tuple[bytes, bytes]
"""Lower-case name and value."""


@dataclass(frozen=True, slots=True)
class Tenant:
    """Who asks. The namespace is the isolation unit; organization and project live inside it."""

    namespace: str = DEFAULT_NAMESPACE
    organization: str = "org-fakeai"
    project: str = "proj_default"
    key: str | None = None
    is_admin: bool = False


@dataclass(frozen=True, slots=True)
class Upload:
    """One file part of a multipart body."""

    filename: str
    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class PageQuery:
    limit: int
    ascending: bool
    after: str | None = None
    before: str | None = None
    where: Mapping[str, Any] = field(default_factory=dict)
    """Property → wanted value; {"metadata": {"k": "v"}} asks for each named key."""


@dataclass(frozen=True, slots=True)
class Page:
    data: list[Document]
    has_more: bool


class Store(Protocol):
    """The collections of one tenant, as one call sees them. Documents are copied in and out.

    A collection is named with its parents' ids filled in: "threads/thread_1/messages".
    """

    async def insert(self, collection: str, id: str, document: Document, lifecycle: Lifecycle | None = None) -> bool:
        """False, and nothing done, if the id is taken. The newest object is the last in ascending order."""

    async def get(self, collection: str, id: str) -> Document | None:
        """The document with its status as of now."""

    async def replace(self, collection: str, id: str, document: Document) -> None:
        """Keeps position and life cycle."""

    async def enter(self, collection: str, id: str, action: str) -> Document | None:
        """Sets the state that the object's life cycle has for this operationId; the document after it.

        None if the object has no life cycle with that action."""

    async def remove(self, collection: str, id: str) -> bool:
        """Removes the object and everything stored under it, blobs included; False if there was none."""

    async def page(self, collection: str, query: PageQuery) -> Page:
        """Raises NotFound if `after` or `before` names no object of the collection."""

    async def put_blob(self, collection: str, id: str, upload: Upload) -> None: ...

    async def get_blob(self, collection: str, id: str) -> Upload | None: ...


@dataclass(slots=True)
class Call:
    """One request, parsed and authenticated."""

    operation: Operation
    tenant: Tenant
    clock: Clock
    store: Store
    seed: int
    """Of server seed, namespace, request and its occurrence: equal histories give equal seeds."""
    request_id: str
    base_seed: int = 0
    """Of server seed and namespace alone: for what must not differ between repeated requests."""
    occurrence: int = 0
    """How often this very request was seen before in the namespace."""
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    """Validated query parameters that were given, under the contract's names without []."""
    document: Document = field(default_factory=dict)
    """The request body as JSON values: multipart scalars are converted, file parts are in uploads."""
    uploads: Mapping[str, list[Upload]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    """Lower-case names."""
    arrived_s: float = 0.0
    body_bytes: int = 0
    fabricate: bool = False
    """Unknown ids are answered with a faked object instead of 404."""
    contract: bool = False
    """The caller tests a client against the contract: rules beyond the schemas are off, answers carry every field."""
    response_headers: list[Header] = field(default_factory=list)
    """Sent with the answer, whichever way it is made."""
    watch: Callable[[], None] = lambda: None
    """Lets a client that goes away cancel the call; to be called before waiting."""

    def draws(self, *purpose: str | int) -> Draw:
        """Random numbers of their own for each purpose; those without a purpose are the cheapest."""
        return draws(derive(self.seed, *purpose) if purpose else self.seed)

    def collection(self) -> str:
        """The operation's collection with the path's ids filled in."""
        return (self.operation.collection or "").format_map(self.path)
