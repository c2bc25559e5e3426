"""What the generated table says about one operation of the contract."""

from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["create", "retrieve", "list", "update", "delete", "action", "compute"]
Security = Literal["bearer", "admin"]
Document = dict[str, Any]
"""A JSON object of the API."""


@dataclass(frozen=True, slots=True)
class State:
    """One status of a life cycle, reached `after_s` seconds after creation."""

    value: str
    after_s: float
    set_time: str | None = None
    """Field that gets the unix time at which the state was reached."""
    clear: tuple[str, ...] = ()
    """Fields that are null while in this state."""


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """How the status of a created object advances when nobody interferes; read from overlay rows."""

    status_field: str
    states: tuple[State, ...]
    actions: dict[str, State] = field(default_factory=dict)
    """operationId → the state that this action sets for good (its after_s is not used)."""


@dataclass(frozen=True, slots=True)
class Operation:
    id: str
    """operationId of the contract."""
    method: str
    path: str
    group: str
    """First path segment: the module of its Api class, models and fakers."""
    name: str
    """Method of the Api class."""
    kind: Kind
    security: Security = "bearer"
    beta: str | None = None
    """What the header OpenAI-Beta has to name."""
    path_params: tuple[str, ...] = ()
    body: tuple[tuple[str, str], ...] = ()
    """Request media type → class in fakeai_api.models.<group>."""
    body_required: bool = False
    query: str | None = None
    """Class in fakeai_api.models.<group> for the query parameters."""
    status: int = 200
    media_type: str = "application/json"
    """Media type of the successful answer when nothing is streamed; "" for an answer without a body."""
    faker: str | None = None
    """Function in fakeai_api.fakers.<group> for a JSON answer."""
    event: str | None = None
    """Function in fakeai_api.fakers.<group> for one server-sent event, if the operation can stream."""
    collection: str | None = None
    """Store collection of the resource, with path parameters in braces: "threads/{thread_id}/messages"."""
    object_faker: str | None = None
    """Function that fakes one object of the collection (list and delete operations answer something else)."""
    parents: tuple[tuple[str, str], ...] = ()
    """(collection, path parameter) of every stored object that must exist before this one is asked for."""
    id_param: str | None = None
    """Path parameter that names the object itself (retrieve, update, delete, action)."""
    id_prefix: str = ""
    id_field: str = "id"
    id_from: str | None = None
    """Request property whose value is the new object's id; None: a new id is made."""
    echo: tuple[str, ...] = ()
    """Request properties that the object carries over: same name and compatible schema."""
    defaults: dict[str, Any] = field(default_factory=dict)
    """Carried property → what the object says when the request leaves it out or gives null: the contract's default,
    else null where the object may say so. Without an entry the faked value stays."""
    given: bool = False
    """No operation creates objects of the collection: they exist from the start, made up when first asked for."""
    filters: tuple[str, ...] = ()
    """Query parameters that select by an object's property of the same name."""
    lenient_cursor: bool = False
    """After an id that does not exist comes an empty page; other lists say that there is no such object."""
    page: tuple[str, ...] = ()
    """Properties of the list answer, of object, data, first_id, last_id, has_more, next, next_page, ...."""
    lifecycle: Lifecycle | None = None
