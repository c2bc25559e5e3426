"""Turns of runs: from a thread to what the engine says to it."""

import asyncio
from collections.abc import Sequence

import orjson

from fakeai.content.prompt import prompt, prompt_ids
from fakeai.content.script import Part
from fakeai.content.tokenizer import Tokenizer
from fakeai.content.wanted import outcome_of
from fakeai.core.call import Call, PageQuery
from fakeai.core.ids import token
from fakeai.core.operation import Document
from fakeai.engine.engine import OFF_LOOP_CHARS, Engine
from fakeai.engine.generation import Ask
from fakeai.services.threads import asking, documents, hosted, rules
from fakeai.services.threads.course import Turn

ANSWER_TOKENS = 1_024
"""Of the model's window, that a prompt leaves to the answer."""
ALL = PageQuery(1 << 30, ascending=True)


class _OutOfTokens(Exception):
    """A run may use no more."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Runs:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    async def turn(
        self,
        call: Call,
        run: Document,
        messages: Sequence[Document],
        steps: Sequence[Document] = (),
        resources: Sequence[Document | None] = (),
        spent: tuple[int, int] = (0, 0),
    ) -> Turn | None:
        """None if the run may use no more tokens, and is over. Raises ApiError for what the engine refuses."""
        model = await self.engine.model(call, run["model"])
        schemas_bytes = len(orjson.dumps([run["tools"], run["response_format"]]))
        if not call.contract:
            rules.check_model(model, run)
            await rules.check_schemas(run, schemas_bytes)
            rules.check_choice(run)
        searches = any(tool["type"] == "file_search" for tool in run["tools"])
        files = await hosted.files_of(call.store, *resources) if searches else []
        names = [file["filename"] for file in files]
        ask = asking.ask(run, asking.said_in(run, messages), steps, model, names, outcome_of(call.headers))
        if call.contract:  # schemas of generated requests mean nothing
            ask.wanted = None
        size = schemas_bytes + sum([len(str(message["content"])) for message in ask.messages])
        ask.stream = bool(call.document.get("stream"))
        tokenizer = await self.engine.tokenizer(model)
        try:
            if size > OFF_LOOP_CHARS:
                await asyncio.to_thread(_fit, ask, run, spent, tokenizer)
            else:
                _fit(ask, run, spent, tokenizer)
        except _OutOfTokens as error:
            usage = documents.usage(*spent)
            run.update(status="incomplete", incomplete_details={"reason": error.reason}, expires_at=None, usage=usage)
            return None
        generation = await self.engine.generate(call, ask, size)
        said = prompt(ask.messages).user
        calls = [await _made(call, n, part, said, run, files) for n, part in enumerate(generation.scripts[0].calls)]
        step_ids = ("step_" + token(call.draws("step", 0)), "step_" + token(call.draws("step", 1)))
        return Turn(run, generation, calls, step_ids, "msg_" + token(call.draws("answer")), spent)


async def _made(call: Call, number: int, part: Part, said: str, run: Document, files: list[Document]) -> Document:
    """A call as a step shows it when it is over; a function's output is still to come."""
    id = "call_" + token(call.draws("call", number))
    kind = part.tool.kind if part.tool else ""
    if kind == "code_interpreter":
        return {"id": id, "type": kind, kind: hosted.run_python(said)}
    if kind == "file_search":
        tool = next(tool for tool in run["tools"] if tool["type"] == kind)
        return {"id": id, "type": kind, kind: await hosted.search(call.store, files, tool, call.draws("search"))}
    name = part.tool.name if part.tool else ""
    return {"id": id, "type": kind, kind: {"name": name, "arguments": part.text, "output": None}}


def _fit(ask: Ask, run: Document, spent: tuple[int, int], tokenizer: Tokenizer) -> None:
    """Leaves out the thread's oldest messages if the prompt would be too long, and bounds the answer."""
    prompt_limit, limit = run["max_prompt_tokens"], run["max_completion_tokens"]
    if limit is not None:
        ask.max_tokens = limit - spent[1]
        if ask.max_tokens < 1:
            raise _OutOfTokens("max_completion_tokens")
    bounds = [] if prompt_limit is None else [prompt_limit - spent[0]]
    if run["truncation_strategy"]["type"] == "auto" and ask.model.context_window is not None:
        bounds.append(max(1, ask.model.context_window - (ask.max_tokens or ANSWER_TOKENS)))
    if not bounds:
        return
    excess = len(prompt_ids(ask.messages, ask.model, tokenizer, ask.tools)) - min(bounds)
    alone = len(prompt_ids((), ask.model, tokenizer))
    first = int(ask.messages[0]["role"] == "system")
    last = max([number for number, message in enumerate(ask.messages) if message["role"] == "user"], default=0)
    while excess > 0 and first < last:
        excess -= len(prompt_ids([ask.messages.pop(first)], ask.model, tokenizer)) - alone
        last -= 1
    if excess > 0 and prompt_limit is not None:
        raise _OutOfTokens("max_prompt_tokens")
