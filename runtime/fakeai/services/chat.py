"""Chat completions, stored ones included."""

import asyncio
from typing import Any

from fakeai.content.prompt import content_text
from fakeai.core.call import Call
from fakeai.core.objects import page_query
from fakeai.core.operation import Document
from fakeai.core.reply import Answer, Batches, Reply
from fakeai.core.specs import ModelSpec
from fakeai.engine.engine import OFF_LOOP_CHARS, OFF_LOOP_SCHEMA_BYTES, Engine
from fakeai.engine.generation import Ask, Generation
from fakeai.services import chat_render as render
from fakeai.services.chat_rules import check
from fakeai.services.chat_wanted import MORE_THAN_TEXT, wanted
from fakeai_api.fakers import chat as fakers
from fakeai_api.routers.chat import ChatApi

COLLECTION = "chat/completions"


class ChatService(ChatApi):
    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    async def create_chat_completion(self, call: Call, body: Any) -> Answer:
        document = call.document
        model = await self.engine.model(call, document["model"])
        if call.body_bytes > (OFF_LOOP_CHARS if MORE_THAN_TEXT.isdisjoint(document) else OFF_LOOP_SCHEMA_BYTES):
            asked = await asyncio.to_thread(_checked, document, model, call)
        else:
            asked = _checked(document, model, call)
        generation = await self.engine.generate(call, asked, call.body_bytes)
        head = render.Head.of(call, document, model, self.engine.seed, generation.seed)
        if document.get("stream"):
            stream = render.stream(head, generation)
            if document.get("store"):
                stream.batches = self._storing(call, head, generation, stream.batches)
            return stream
        await self.engine.said(call, generation)
        answer = await self._completion(head, generation)
        if document.get("store"):
            await self._store(call, answer)
        if call.contract:
            answer = fakers.fake_CreateChatCompletionResponse(call.draws("fake"), head.created) | answer
        return Reply(answer)

    async def list_chat_completions(self, call: Call) -> Answer:
        """Answers name the snapshot that gave them, which may be asked for by its alias too."""
        name = call.query.get("model")
        model = self.engine.catalog.find(name, call.tenant.namespace) if name else None
        if model is not None:
            call.query = {**call.query, "model": [name, model.id]}
        return await super().list_chat_completions(call)

    async def get_chat_completion_messages(self, call: Call) -> Answer:
        """The prompt of a stored completion; there is nothing to make up for one that is not stored."""
        stored = await call.store.get(COLLECTION, call.path["completion_id"])
        if stored is None:
            return await super().get_chat_completion_messages(call)
        page = await call.store.page(call.collection(), page_query(call.operation, call.query))
        ids = [message["id"] for message in page.data]
        ends = {"first_id": ids[0] if ids else None, "last_id": ids[-1] if ids else None}
        return Reply({"object": "list", "data": page.data, **ends, "has_more": page.has_more})

    async def _storing(self, call: Call, head: render.Head, generation: Generation, batches: Batches) -> Batches:
        async for batch in batches:
            yield batch
        if not generation.has_failed:
            await self._store(call, await self._completion(head, generation))

    async def _completion(self, head: render.Head, generation: Generation) -> Document:
        return await self.engine.rendered(lambda: render.completion(head, generation), generation, head.top_logprobs)

    async def _store(self, call: Call, answer: Document) -> None:
        """Stored completions carry what was asked, and their prompt as a list of messages."""
        document = call.document
        echoed = {name: document[name] for name in ("tools", "tool_choice", "response_format") if document.get(name)}
        sampling = {name: document.get(name, default) for name, default in render.SAMPLING.items()}
        stored = (
            answer
            | echoed
            | sampling
            | {
                "metadata": document.get("metadata") or {},
                "request_id": call.request_id,
                "input_user": document.get("user"),
                "seed": document.get("seed") or 0,
            }
        )
        await call.store.insert(COLLECTION, answer["id"], stored)
        for number, message in enumerate(document["messages"]):
            shown = _shown(f"{answer['id']}-{number}", message)
            await call.store.insert(f"{COLLECTION}/{answer['id']}/messages", shown["id"], shown)


def _shown(id: str, message: Document) -> Document:
    """A prompt message as stored completions list it: text in `content`, parts in `content_parts`."""
    content = message.get("content")
    parts = content if isinstance(content, list) else None
    text = None if parts else content
    return {"refusal": None, "name": None} | message | {"id": id, "content": text, "content_parts": parts}


def _checked(document: Document, model: ModelSpec, call: Call) -> Ask:
    """Raises ApiError."""
    if not call.contract:
        check(document, model)
    return ask(document, model, call)


def ask(document: Document, model: ModelSpec, call: Call) -> Ask:
    contract = call.contract
    limit = document.get("max_completion_tokens")
    limit = document.get("max_tokens") if limit is None else limit
    stop = document.get("stop") or ()
    return Ask(
        model,
        messages=document["messages"],
        tools=document.get("tools") or document.get("functions") or (),
        wanted=None if contract else wanted(document, model, call.headers),
        prediction=content_text((document.get("prediction") or {}).get("content")),
        n=document.get("n") or 1,
        max_tokens=max(limit, 1) if limit is not None and contract else limit,
        min_tokens=0 if contract else document.get("min_tokens") or 0,
        ignore_eos=bool(document.get("ignore_eos")),
        stop=(stop,) if isinstance(stop, str) else tuple(stop),
        seed=document.get("seed"),
        temperature=1.0 if document.get("temperature") is None else document["temperature"],
        top_p=1.0 if document.get("top_p") is None else document["top_p"],
        logit_bias=None if contract else document.get("logit_bias"),
        penalty=(document.get("frequency_penalty") or 0.0) + (document.get("presence_penalty") or 0.0),
        salt=document.get("cache_salt") or "",
        cache_mode=(document.get("prompt_cache_options") or {}).get("mode") or "implicit",
        priority=document.get("priority") or 0,
        stream=bool(document.get("stream")),
        session=document.get("prompt_cache_key") or document.get("user"),
    )
