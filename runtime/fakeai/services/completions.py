"""Legacy text completions."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import orjson

from fakeai.content import tokenizer as tokenizers
from fakeai.content.logprobs import completion_logprobs
from fakeai.content.tokenizer import Piece, Tokenizer
from fakeai.core.call import Call
from fakeai.core.errors import ApiError, NotFound, unsupported_parameter
from fakeai.core.ids import token
from fakeai.core.operation import Document
from fakeai.core.reply import Answer, Batches, Reply, Stream
from fakeai.core.seeds import Draw
from fakeai.core.specs import ModelSpec
from fakeai.engine.engine import Engine, worker_lost
from fakeai.engine.generation import Ask, Generation, Turns
from fakeai_api.fakers import completions as fakers
from fakeai_api.routers.completions import CompletionsApi

DEFAULT_MAX_TOKENS = 16
DEFAULT_PROMPT = ""
"""The contract's <|endoftext|> is no text: it marks where a document begins."""
DONE = b"data: [DONE]\n\n"


class CompletionsService(CompletionsApi):
    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    async def create_completion(self, call: Call, body: Any) -> Answer:
        document = call.document
        model = await self.engine.model(call, document["model"])
        if not call.contract:
            _check(document, model)
        ask = _ask(document, model, call.contract)
        generation = _best(await self.engine.generate(call, ask, call.body_bytes), ask.n, document.get("n") or 1)
        frame = _Frame.of(call, model, ask)
        if document.get("stream"):
            return Stream(_batches(frame, generation))
        await self.engine.said(call, generation)
        answer = await self.engine.rendered(lambda: frame.completion(generation), generation, frame.logprobs)
        if call.contract:
            answer = fakers.fake_CreateCompletionResponse(call.draws("fake"), frame.created) | answer
        return Reply(answer)


def _check(document: Document, model: ModelSpec) -> None:
    if "completions" not in model.endpoints:
        raise NotFound(
            "This is a chat model and not supported in the v1/completions endpoint. "
            "Did you mean to use v1/chat/completions?",
            param="model",
        )
    if document.get("suffix") and not model.capabilities.insertion:
        raise unsupported_parameter("suffix")
    best_of, n = document.get("best_of"), document.get("n") or 1
    if best_of is not None and best_of < n:
        raise ApiError(
            400,
            f"You requested that the server return more choices than it will generate: n ({n}) must "
            f"not be greater than best_of ({best_of}).",
            param="best_of",
        )
    if best_of is not None and best_of > 1 and document.get("stream"):
        raise ApiError(400, "Cannot stream results with best_of > 1.", param="best_of")
    if document.get("stream_options") is not None and not document.get("stream"):
        message = "The 'stream_options' parameter is only allowed when 'stream' is enabled."
        raise ApiError(400, message, param="stream_options")
    if document.get("max_tokens") == 0 and not document.get("echo"):
        message = "Invalid 'max_tokens': integer below minimum value. Expected a value >= 1, but got 0 instead."
        raise ApiError(400, message, code="integer_below_min_value", param="max_tokens")


def _prompts(given: Any) -> list[str | list[int]]:
    """A prompt is a text, token ids, or a list of either."""
    if given is None:
        return [DEFAULT_PROMPT]
    if isinstance(given, str) or (given and isinstance(given[0], int)):
        return [given]
    return list(given) or [DEFAULT_PROMPT]


def _ask(document: Document, model: ModelSpec, contract: bool) -> Ask:
    limit, stop = document.get("max_tokens"), document.get("stop") or ()
    limit = DEFAULT_MAX_TOKENS if limit is None else limit
    least = document.get("min_tokens") or 0
    return Ask(
        model,
        prompts=_prompts(document.get("prompt")),
        n=max(document.get("best_of") or 1, document.get("n") or 1),
        max_tokens=limit,
        min_tokens=min(least, limit) if contract else least,
        ignore_eos=bool(document.get("ignore_eos")),
        stop=(stop,) if isinstance(stop, str) else tuple(stop),
        seed=document.get("seed"),
        temperature=1.0 if document.get("temperature") is None else document["temperature"],
        top_p=1.0 if document.get("top_p") is None else document["top_p"],
        salt=document.get("cache_salt") or "",
        priority=document.get("priority") or 0,
        stream=bool(document.get("stream")),
        session=document.get("user"),
    )


def _best(generation: Generation, made: int, wanted: int) -> Generation:
    """The first `wanted` of the `made` answers to each prompt; the others were generated and stay in the usage."""
    if made == wanted:
        return generation
    kept = [number for number in range(len(generation.scripts)) if number % made < wanted]
    scripts, requests = generation.scripts, generation.requests
    return replace(generation, scripts=[scripts[n] for n in kept], requests=[requests[n] for n in kept])


@dataclass(slots=True)
class _Frame:
    """What all parts of an answer share."""

    id: str
    created: int
    model: str
    tokenizer: Tokenizer
    logprobs: int | None
    echoed: list[list[Piece]]
    """Prompt pieces to send before each choice's text, [prompts * n]; empty without `echo`."""
    include_usage: bool

    @classmethod
    def of(cls, call: Call, model: ModelSpec, ask: Ask) -> "_Frame":
        document = call.document
        tokenizer = tokenizers.get(model.tokenizer)
        texts = [text if isinstance(text, str) else tokenizer.decode(text, "prompt") for text in ask.prompts]
        echo = bool(document.get("echo"))
        return cls(
            id="cmpl-" + token(call.draws(), 29),
            created=int(call.arrived_s),
            model=document["model"] if model.echoes_alias else model.id,
            tokenizer=tokenizer,
            logprobs=document.get("logprobs"),
            echoed=[tokenizer.pieces(text) if echo else [] for text in texts for _ in range(document.get("n") or 1)],
            include_usage=bool((document.get("stream_options") or {}).get("include_usage")),
        )

    def head(self) -> Document:
        return {"id": self.id, "object": "text_completion", "created": self.created, "model": self.model}

    def choice(self, index: int, pieces: list[Piece], r: Draw, offset: int = 0, reason: str | None = None) -> Document:
        """`offset`: characters sent before these pieces."""
        logprobs = None
        if self.logprobs is not None:
            logprobs = completion_logprobs(pieces, self.logprobs, r, self.tokenizer, offset)
        text = "".join(piece.text for piece in pieces)
        return {"text": text, "index": index, "logprobs": logprobs, "finish_reason": reason}

    def completion(self, generation: Generation) -> Document:
        choices = [
            self.choice(i, [*echo, *script.pieces], generation.draws(i), reason=script.finish_reason)
            for i, (echo, script) in enumerate(zip(self.echoed, generation.scripts, strict=True))
        ]
        return {**self.head(), "choices": choices, "usage": generation.usage().document()}

    def chunk(self, choices: list[Document], usage: Document | None = None) -> bytes:
        document = {**self.head(), "choices": choices}
        if self.include_usage:
            document["usage"] = usage
        return b"data: " + orjson.dumps(document) + b"\n\n"


async def _batches(frame: _Frame, generation: Generation) -> Batches:
    """The echoed prompts, the pieces of the choices in turn, why each choice ends, usage if asked for, [DONE]."""
    chunks = _Chunks(frame, generation)
    try:
        async for is_last in generation.progress():
            yield chain(chunks.said(), chunks.end()) if is_last else chunks.said()
    finally:
        generation.flow.close()


class _Chunks:
    def __init__(self, frame: _Frame, generation: Generation) -> None:
        self.frame = frame
        self.generation = generation
        self._turns = Turns(generation)
        self._rs = [generation.draws(index) for index in range(len(generation.scripts))]
        self._offsets = [0] * len(self._rs)
        self._is_open = False

    def _chunk(self, index: int, pieces: list[Piece], reason: str | None = None) -> bytes:
        choice = self.frame.choice(index, pieces, self._rs[index], self._offsets[index], reason)
        self._offsets[index] += len(choice["text"])
        return self.frame.chunk([choice])

    def said(self) -> Iterator[tuple[float, bytes]]:
        """Chunks of what has got its time since the last call."""
        if not self._is_open:
            self._is_open = True
            first_s = self.generation.first_s
            for index, echoed in enumerate(self.frame.echoed):
                for piece in echoed:
                    yield first_s, self._chunk(index, [piece])
        for due_s, index, _, piece in self._turns.known():
            yield due_s, self._chunk(index, [piece])

    def end(self) -> Iterator[tuple[float, bytes]]:
        done_s = self.generation.done_s
        if self.generation.has_failed:
            yield done_s, b"data: " + orjson.dumps(worker_lost().body()) + b"\n\n"
            return
        for index, script in enumerate(self.generation.scripts):
            yield done_s, self._chunk(index, [], script.finish_reason)
        if self.frame.include_usage:
            yield done_s, self.frame.chunk([], self.generation.usage().document())
        yield done_s, DONE
