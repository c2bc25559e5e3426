"""Conversations: items that responses go on from and add to."""

from typing import Any

from fakeai.core.call import Call
from fakeai.core.ids import hexadecimal
from fakeai.core.nouns import not_found
from fakeai.core.operation import Document
from fakeai.core.reply import Answer, Reply
from fakeai.engine.engine import Engine
from fakeai.services.responses.archive import CONVERSATIONS, append, referred
from fakeai_api.routers.conversations import ConversationsApi

ID_DIGITS = 48


class ConversationsService(ConversationsApi):
    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    async def create_conversation(self, call: Call, body: Any) -> Answer:
        id = f"conv_{hexadecimal(call.draws(), ID_DIGITS)}"
        conversation = {
            "id": id,
            "object": "conversation",
            "created_at": int(call.arrived_s),
            "metadata": call.document.get("metadata") or {},
        }
        await call.store.insert(CONVERSATIONS, id, conversation)
        await self._add(call, id)
        return Reply(conversation)

    async def create_conversation_items(self, call: Call, body: Any) -> Answer:
        id = call.path["conversation_id"]
        if await call.store.get(CONVERSATIONS, id) is None and not call.fabricate:
            raise not_found(CONVERSATIONS, id)
        added = await self._add(call, id)
        ids = [item["id"] for item in added]
        ends = {"first_id": ids[0] if ids else None, "last_id": ids[-1] if ids else None}
        return Reply({"object": "list", "data": added, **ends, "has_more": False})

    async def delete_conversation_item(self, call: Call) -> Answer:
        """Answers with the conversation that is left."""
        answer = await super().delete_conversation_item(call)
        conversation = await call.store.get(CONVERSATIONS, call.path["conversation_id"])
        return Reply(conversation) if conversation else answer

    async def _add(self, call: Call, id: str) -> list[Document]:
        items = await referred(call, call.document.get("items") or [], (), "items")
        r = call.draws("items")
        return await append(call, id, items, lambda prefix: prefix + hexadecimal(r, ID_DIGITS))
