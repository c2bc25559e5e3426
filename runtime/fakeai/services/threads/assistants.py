"""Assistants: a model with instructions and tools."""

from typing import Any

from fakeai.core.call import Call
from fakeai.core.ids import token
from fakeai.core.objects import carry_created
from fakeai.core.operation import Document
from fakeai.core.reply import Answer, Reply
from fakeai.engine.engine import Engine
from fakeai.services.threads import rules
from fakeai.services.threads.resources import stored_resources
from fakeai_api.routers.assistants import AssistantsApi


class AssistantsService(AssistantsApi):
    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    async def create_assistant(self, call: Call, body: Any) -> Answer:
        await self._check(call)
        id = call.operation.id_prefix + token(call.draws("id"))
        assistant: Document = {"id": id, "object": "assistant", "created_at": int(call.clock.now())}
        carry_created(call.operation, call.document, assistant)
        plain = {"temperature": 1.0, "top_p": 1.0, "response_format": "auto", "metadata": {}}
        assistant |= {name: value for name, value in plain.items() if assistant[name] is None}
        assistant["reasoning_effort"] = call.document.get("reasoning_effort")
        assistant["tool_resources"] = await stored_resources(call, call.document.get("tool_resources"))
        await call.store.insert(call.collection(), id, assistant)
        return Reply(assistant)

    async def modify_assistant(self, call: Call, body: Any) -> Answer:
        await self._check(call)
        return await super().modify_assistant(call, body)

    async def _check(self, call: Call) -> None:
        """Raises ApiError for a model that does not exist or cannot chat, and for schemas that are none."""
        if call.contract:
            return
        await rules.check_schemas(call.document, call.body_bytes)
        name = call.document.get("model")
        if name:
            rules.check_model(await self.engine.model(call, name), call.document)
