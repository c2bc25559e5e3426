"""Finding what a call names, and storing what it brings."""

from collections.abc import Sequence

from fakeai.core.call import Call
from fakeai.core.ids import token
from fakeai.core.nouns import not_found
from fakeai.core.operation import Document
from fakeai.core.seeds import derive, draws
from fakeai.services.threads import documents, rules
from fakeai.services.threads.resources import attach, stored_resources
from fakeai_api.fakers import threads as fakers


def _stand_in(call: Call) -> Document:
    """A run that nobody made, which has what an assistant has as well."""
    fake: Document = fakers.fake_RunObject(draws(derive(call.base_seed, dict(call.path))), int(call.clock.now()))
    return fake | {"tools": [], "tool_choice": None, "response_format": None}


async def assistant_of(call: Call) -> Document:
    id = call.document["assistant_id"]
    assistant = await call.store.get("assistants", id)
    if assistant is None and not call.fabricate:
        raise not_found("assistants", id)
    return assistant or _stand_in(call)


async def thread_of(call: Call) -> Document:
    id = call.path["thread_id"]
    thread = await call.store.get("threads", id)
    if thread is None and not call.fabricate:
        raise not_found("threads", id)
    thread = thread or {"id": id}
    return thread | {"tool_resources": thread.get("tool_resources") or {}}


async def run_of(call: Call) -> Document:
    """As it was when somebody last looked."""
    thread_id, run_id = call.path["thread_id"], call.path["run_id"]
    collection = documents.RUNS.format(thread_id)
    run = await call.store.get(collection, run_id)
    if run is None and not call.fabricate:
        await thread_of(call)
        raise not_found(collection, run_id)
    return run or documents.run(run_id, int(call.clock.now()), thread_id, _stand_in(call), _stand_in(call))


async def new_thread(call: Call, request: Document) -> tuple[Document, list[Document]]:
    """With its messages, neither stored."""
    id = "thread_" + token(call.draws("thread"))
    resources = await stored_resources(call, request.get("tool_resources"))
    thread = documents.thread(id, int(call.clock.now()), request, resources)
    return thread, await new_messages(call, thread, request.get("messages") or (), "messages[{}].")


async def new_messages(call: Call, thread: Document, requests: Sequence[Document], param: str) -> list[Document]:
    """Files that come with them are for all runs of the thread. param: of the request, before a message's own names."""
    messages = []
    for number, request in enumerate(requests):
        if not call.contract:
            rules.check_content(request, param.format(number) + "content")
        id = "msg_" + token(call.draws("message", number))
        messages.append(documents.message(id, int(call.clock.now()), thread["id"], request))
    for message in messages:
        await attach(call, thread["tool_resources"], message["attachments"])
    return messages


async def store(call: Call, thread: Document, messages: Sequence[Document], *, is_new: bool) -> None:
    if is_new:
        await call.store.insert("threads", thread["id"], thread)
    else:
        await call.store.replace("threads", thread["id"], thread)
    for message in messages:
        await call.store.insert(documents.MESSAGES.format(thread["id"]), message["id"], message)
