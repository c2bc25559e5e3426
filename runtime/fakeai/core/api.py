"""The faked and stored levels: base of the generated <Group>Api classes.

Every method takes the faker of the answer (None: the answer is not JSON) and, if the stored object has another schema,
the faker of that object.
"""

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from fakeai.core import given, objects
from fakeai.core.binaries import fake_bytes
from fakeai.core.call import Call, Page, Upload
from fakeai.core.errors import NotFound
from fakeai.core.ids import token
from fakeai.core.nouns import not_found
from fakeai.core.operation import Document
from fakeai.core.reply import Answer, Batches, Reply, Stream
from fakeai.core.seeds import Draw, derive, draws

Faker = Callable[[Draw, int], Document]
"""(draws, now in unix seconds) → a document that its schema accepts."""

SINGLETON = "only"
"""Id under which an object without an id is stored."""


class Api:
    fakers: Any
    """The group's module of fakers."""

    async def create(self, call: Call, fake: Faker | None, fake_object: Faker | None = None) -> Answer:
        await _check_parents(call)
        if objects.wants_stream(call):
            return Stream(self._events(call))
        answer = fake(call.draws("answer"), _now(call)) if fake and fake_object else {}
        if "data" in answer and fake_object:
            return Reply(await _create_several(call, answer, fake_object))
        document = await _create_one(call, fake_object or fake, 0)
        return _reply(call, fake, fake_object, document)

    async def retrieve(self, call: Call, fake: Faker | None, fake_object: Faker | None = None) -> Answer:
        if fake is None:
            await _check_parents(call)
            return await _content(call)
        collection, id = _address(call)
        document = await call.store.get(collection, id)
        if document is None:
            document = await _unstored(call, collection, id, fake_object or fake)
        if objects.wants_stream(call):
            return Stream(self._events(call))
        return _reply(call, fake, fake_object, document)

    async def list(self, call: Call, fake: Faker, fake_object: Faker | None = None) -> Answer:
        await _check_parents(call)
        operation = call.operation
        answer = fake(_stable_draws(call), _now(call))
        objects.end_page(answer)
        known = objects.items(answer, operation.id_field)
        if operation.collection is None or (operation.given and not known):
            return Reply(answer)
        collection = call.collection()
        if operation.given:
            await given.populate(call, collection, known)
        try:
            page = await call.store.page(collection, objects.page_query(operation, call.query))
        except NotFound:
            if call.fabricate:
                return Reply(answer)
            if not operation.lenient_cursor:
                raise
            page = Page([], has_more=False)
        if page.data or not call.fabricate:
            shown = [objects.as_listed(item, answer["data"]) for item in page.data]
            objects.fill_page(answer, shown, operation.id_field, has_more=page.has_more)
        return Reply(answer)

    async def update(self, call: Call, fake: Faker | None, fake_object: Faker | None = None) -> Answer:
        collection, id = _address(call)
        document = await call.store.get(collection, id)
        if document is None:
            document = await _unstored(call, collection, id, fake_object or fake)
        objects.carry_updated(call.operation, call.document, document)
        await call.store.replace(collection, id, document)
        return _reply(call, fake, fake_object, document)

    async def delete(self, call: Call, fake: Faker | None, fake_object: Faker | None = None) -> Answer:
        collection, id = _address(call)
        removed = await call.store.remove(collection, id)
        if not call.fabricate:
            await _check_removed(call, removed, collection, id)
        if fake is None:
            return Reply(None)
        answer = fake(call.draws("answer"), _now(call))
        objects.distribute(call.path, answer)
        objects.mark_deleted(call.operation, id, answer)
        return Reply(answer)

    async def action(self, call: Call, fake: Faker | None, fake_object: Faker | None = None) -> Answer:
        operation = call.operation
        if operation.collection is None or operation.id_param is None:
            return await self.compute(call, fake)
        collection, id = _address(call)
        document = await call.store.get(collection, id)
        if document is None:
            document = await _unstored(call, collection, id, fake_object or fake)
        elif not call.contract:
            objects.check_open(operation, document)
        if objects.wants_stream(call):
            return Stream(self._events(call))
        entered = await call.store.enter(collection, id, operation.id)
        return _reply(call, fake, fake_object, entered or document)

    async def compute(self, call: Call, fake: Faker | None, fake_object: Faker | None = None) -> Answer:
        await _check_parents(call)
        if objects.wants_stream(call):
            return Stream(self._events(call))
        if fake is None:
            return await _content(call)
        answer = fake(_stable_draws(call), _now(call))
        objects.carry_updated(call.operation, call.document, answer)
        objects.distribute(call.path, answer)
        objects.end_page(answer)
        return Reply(answer)

    async def _events(self, call: Call) -> Batches:
        """A stream of one event."""
        event = getattr(self.fakers, call.operation.event or "")(_stable_draws(call), _now(call))
        yield [(call.arrived_s, objects.server_sent(event))]


def _now(call: Call) -> int:
    return int(call.clock.now())


def _address(call: Call) -> tuple[str, str]:
    """Collection and id of the object that the call names."""
    param = call.operation.id_param
    return call.collection(), call.path[param] if param else SINGLETON


def _names(call: Call) -> Mapping[str, str]:
    """Ids that the request gives, by name."""
    source = call.operation.id_from
    return {**call.path, source: str(call.document[source])} if source in call.document else call.path


def _stable_draws(call: Call) -> Draw:
    """The same for every repetition of a request."""
    request = orjson.dumps([dict(call.path), dict(call.query), call.document], option=orjson.OPT_SORT_KEYS)
    files = [upload.data for uploads in call.uploads.values() for upload in uploads]
    return draws(derive(call.base_seed, call.operation.id, request, *files))


async def _check_parents(call: Call) -> None:
    """Raises NotFound for the first object on the path that does not exist."""
    if call.fabricate:
        return
    for collection, param in call.operation.parents:
        name, id = collection.format_map(call.path), call.path[param]
        if await call.store.get(name, id) is None:
            raise not_found(name, id)


async def _create_one(call: Call, fake: Faker | None, number: int) -> Document:
    """Stores a new object and returns it as it will be retrieved."""
    operation, collection = call.operation, call.collection()
    document = fake(call.draws("object", number), _now(call)) if fake else {operation.id_field: ""}
    objects.carry_created(operation, call.document, document)
    objects.distribute(_names(call), document)
    uploads = [upload for part in call.uploads.values() for upload in part]
    for upload in uploads[:1]:
        objects.describe(upload, document)
    id = await _insert(call, collection, document, call.draws("id", number))
    for upload in uploads[:1]:
        await call.store.put_blob(collection, id, upload)
    return await call.store.get(collection, id) or document


async def _insert(call: Call, collection: str, document: Document, r: Draw) -> str:
    """Stores the document under a free id, or under the one that the request gives, in place of what was there."""
    operation = call.operation
    wanted = call.document.get(operation.id_from) if operation.id_from else None
    while True:
        id = str(wanted) if wanted is not None else operation.id_prefix + token(r)
        if operation.id_field in document:
            document[operation.id_field] = id
        if await call.store.insert(collection, id, document, operation.lifecycle):
            return id
        if wanted is not None:
            await call.store.replace(collection, id, document)
            return id


async def _create_several(call: Call, answer: Document, fake_object: Faker) -> Document:
    """A request with a list, answered by a page: one object for each element."""
    many = [value for value in call.document.values() if isinstance(value, list)]
    made = [await _create_one(call, fake_object, number) for number in range(len(many[0]) if many else 1)]
    objects.fill_page(answer, made, call.operation.id_field, has_more=False)
    return answer


def _reply(call: Call, fake: Faker | None, fake_object: Faker | None, document: Document) -> Reply:
    """The object itself, or the facts it shares with an answer of another schema."""
    if fake is None:
        media_type = call.operation.media_type
        return Reply(fake_bytes(media_type, call.draws("answer")) if media_type else None)
    if fake_object is None:
        return Reply(document)
    answer = fake(call.draws("answer"), _now(call))
    objects.project(document, answer)
    objects.distribute(_names(call), answer)
    return Reply(answer)


async def _unstored(call: Call, collection: str, id: str, fake: Faker | None) -> Document:
    """An object that nobody created: made up when the server fabricates or the collection is given, else NotFound.

    What is made up depends on the id alone. Given objects are remembered.
    """
    await _check_parents(call)
    if not call.fabricate and not await given.exists(call, collection, id):
        raise not_found(collection, id)
    document = fake(draws(derive(call.base_seed, collection, id)), _now(call)) if fake else {}
    objects.distribute(call.path, document)
    if call.operation.id_param and call.operation.id_field in document:
        document[call.operation.id_field] = id
    if not call.fabricate:
        await given.remember(call, collection, id, document)
    return document


async def _check_removed(call: Call, removed: bool, collection: str, id: str) -> None:
    if not removed:
        await _check_parents(call)
        if not await given.exists(call, collection, id):
            raise not_found(collection, id)
    await given.mark_removed(call, collection, id)


async def _content(call: Call) -> Reply:
    """The uploaded bytes of the object that the path names last, else faked ones."""
    media_type = call.operation.media_type
    upload: Upload | None = None
    if call.operation.id_param:
        collection, id = _address(call)
        if await call.store.get(collection, id) is None and not call.fabricate:
            raise not_found(collection, id)
        upload = await call.store.get_blob(collection, id)
    elif call.operation.parents:
        name, param = call.operation.parents[-1]
        upload = await call.store.get_blob(name.format_map(call.path), call.path[param])
    if upload:
        return Reply(upload.data)
    return Reply(fake_bytes(media_type, _stable_draws(call)) if media_type else None)
