"""POST /responses/compact: a conversation that can go on from what its users said and from a summary of the rest."""

from collections.abc import Callable

from fakeai.core.call import Call
from fakeai.core.ids import hexadecimal
from fakeai.core.operation import Document
from fakeai.engine.engine import Engine
from fakeai.engine.generation import Ask, Generation
from fakeai.services.responses.head import usage_document
from fakeai.services.responses.resources import resource
from fakeai.services.responses.sealed import Sealer
from fakeai.services.responses.turn import Turn

TASK = "Summarize the conversation so far, so that it can go on from the summary alone."
ID_DIGITS = 48


async def compacted(call: Call, engine: Engine, turn: Turn, sealer: Sealer) -> Document:
    messages = [*turn.dialogue.messages, {"role": "developer", "content": TASK}]
    generation = await engine.generate(call, Ask(turn.model, messages=messages), call.body_bytes)
    await engine.said(call, generation)
    new_id = _ids(call)
    kept = [item for item in (*turn.before, *turn.items) if item.get("role") == "user"]
    users = [] if call.contract else [resource(item, new_id) for item in kept]  # the SDK's types know output only
    return {
        "id": new_id("resp_"),
        "object": "response.compaction",
        "created_at": int(call.arrived_s),
        "output": [*users, _compaction(generation, sealer, new_id)],
        "usage": usage_document(generation.usage()),
    }


def _compaction(generation: Generation, sealer: Sealer, new_id: Callable[[str], str]) -> Document:
    content = sealer.seal({"summary": generation.scripts[0].text})
    return {"id": new_id("cmp_"), "type": "compaction", "encrypted_content": content}


def _ids(call: Call) -> Callable[[str], str]:
    r = call.draws()
    return lambda prefix: prefix + hexadecimal(r, ID_DIGITS)
