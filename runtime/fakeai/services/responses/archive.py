"""Stored responses and conversations: what a request goes on from, and what becomes of its answer."""

from collections import OrderedDict, deque
from collections.abc import Callable, Mapping, Sequence

from fakeai.core.call import Call, PageQuery
from fakeai.core.errors import ApiError, NotFound
from fakeai.core.nouns import not_found
from fakeai.core.operation import Document
from fakeai.engine.generation import Generation
from fakeai.services.responses.head import conversation_id, response_of
from fakeai.services.responses.inputs import kind_of
from fakeai.services.responses.resources import resource

RESPONSES, CONVERSATIONS = "responses", "conversations"
MAX_STORED = 10_000
"""Responses that one project keeps, since storing is the default; older ones are forgotten first."""
MAX_PROJECTS = 1_000
"""Whose oldest responses are known."""
MAX_BUSY = 1_000
"""Conversations after which those that are not locked any more are forgotten."""
ALL = 1 << 30
TRANSIENT = ("item_reference", "compaction_trigger")
"""Items that say something about the request and are no part of a conversation."""
NOTHING: Mapping[str, list[Document]] = {}
Owner = tuple[str, str, str]


def input_items(response_id: str) -> str:
    return f"{RESPONSES}/{response_id}/input_items"


def conversation_items(id: str) -> str:
    return f"{CONVERSATIONS}/{id}/items"


def owner(call: Call) -> Owner:
    return call.tenant.namespace, call.tenant.organization, call.tenant.project


class Archive:
    def __init__(self) -> None:
        self._kept: OrderedDict[Owner, deque[str]] = OrderedDict()
        self._busy: dict[tuple[Owner, str], Generation] = {}
        """Conversations in which a response is being made, or was until lately."""

    def lock(self, call: Call, id: str, generation: Generation) -> None:
        if len(self._busy) >= MAX_BUSY:
            now_s = call.clock.now()
            self._busy = {key: made for key, made in self._busy.items() if not is_over(made, now_s)}
        self._busy[owner(call), id] = generation

    def check_free(self, call: Call, id: str) -> None:
        """Raises ApiError for a conversation in which a response is being made; what is over locks nothing."""
        generation = self._busy.get((owner(call), id))
        if generation is not None and not is_over(generation, call.clock.now()):
            message = "Another process is currently operating on this conversation. Please retry in a few seconds."
            raise ApiError(400, message, code="conversation_locked", param="conversation")
        self._busy.pop((owner(call), id), None)

    async def keep(
        self, call: Call, response: Document, items: Sequence[Document], new_id: Callable[[str], str]
    ) -> None:
        """Stores a response with the items of its request."""
        await self._make_room(call)
        id = response["id"]
        await call.store.insert(RESPONSES, id, response)
        self._kept[owner(call)].append(id)
        for item in stored(items, new_id):
            await call.store.insert(input_items(id), item["id"], item)

    async def _make_room(self, call: Call) -> None:
        kept = self._kept.setdefault(owner(call), deque())
        if len(self._kept) > MAX_PROJECTS:
            self._kept.popitem(last=False)
        if len(kept) >= MAX_STORED:
            await call.store.remove(RESPONSES, kept.popleft())


def stored(items: Sequence[Document], new_id: Callable[[str], str]) -> list[Document]:
    """The items of a request as they are remembered."""
    return [resource(item, new_id) for item in items if kind_of(item) not in TRANSIENT]


async def append(call: Call, id: str, items: Sequence[Document], new_id: Callable[[str], str]) -> list[Document]:
    """To a conversation. Items that are in it already stay where they are."""
    added = stored(items, new_id)
    for item in added:
        await call.store.insert(conversation_items(id), item["id"], item)
    return added


def is_over(generation: Generation, now_s: float) -> bool:
    return generation.flow.is_known and generation.done_s <= now_s


async def earlier(call: Call, document: Document, recent: Mapping[str, list[Document]] = NOTHING) -> list[Document]:
    """The items that a request goes on from. Raises ApiError if they are neither recent nor stored."""
    previous, conversation = document.get("previous_response_id"), conversation_id(document)
    if previous:
        return await _chain(call, previous, recent)
    if conversation:
        if await call.store.get(CONVERSATIONS, conversation) is None:
            if call.fabricate:
                return []
            raise not_found(CONVERSATIONS, conversation)
        return await _all(call, conversation_items(conversation))
    return []


async def _chain(call: Call, id: str, recent: Mapping[str, list[Document]]) -> list[Document]:
    found: list[list[Document]] = []
    previous: str | None = id
    while previous and previous not in recent:
        response = await call.store.get(RESPONSES, previous)
        if response is None:
            break
        found.append([*await _all(call, input_items(previous)), *response["output"]])
        previous = response.get("previous_response_id")
    if previous == id and id not in recent and not call.fabricate:
        message = f"Previous response with id '{id}' not found."
        raise ApiError(400, message, code="previous_response_not_found", param="previous_response_id")
    found.append(recent.get(previous or "", []))
    return [item for items in reversed(found) for item in items]


async def _all(call: Call, collection: str) -> list[Document]:
    return (await call.store.page(collection, PageQuery(ALL, ascending=True))).data


async def referred(
    call: Call, items: Sequence[Document], before: Sequence[Document], param: str = "input"
) -> list[Document]:
    """The items with references replaced by what they refer to. param: that holds them. Raises NotFound."""
    if not any(kind_of(item) == "item_reference" for item in items):
        return list(items)
    known = {item["id"]: item for item in before if item.get("id")}
    return [await _refer(call, item, known, param) if kind_of(item) == "item_reference" else item for item in items]


async def _refer(call: Call, reference: Document, known: dict[str, Document], param: str) -> Document:
    id = reference["id"]
    item = known.get(id) or await _item(call, id)
    if item is None and not call.fabricate:
        message = f"Item with id '{id}' not found."
        if id.startswith(("rs_", "msg_", "fc_")):
            message += " Items are not persisted when `store` is set to false. Try again with `store` set to true, or"
            message += " remove this item from your input."
        raise NotFound(message, param=param)
    return item or reference


async def _item(call: Call, id: str) -> Document | None:
    response = await call.store.get(RESPONSES, response_of(id))
    if response is None:
        return None
    found = next((item for item in response["output"] if item["id"] == id), None)
    return found or await call.store.get(input_items(response["id"]), id)
