"""A generation in the form of chat completions: one document, or server-sent chunks from byte templates."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

import orjson

from fakeai.content import tokenizer as tokenizers
from fakeai.content.logprobs import DEFAULT, Sampling, chat_logprobs
from fakeai.content.script import Script
from fakeai.content.tokenizer import Piece, Tokenizer
from fakeai.core.call import Call
from fakeai.core.ids import hexadecimal, token
from fakeai.core.operation import Document
from fakeai.core.reply import Batch, Batches, Stream
from fakeai.core.seeds import Draw, derive, draws
from fakeai.core.specs import ModelSpec
from fakeai.engine.engine import worker_lost
from fakeai.engine.generation import Generation, Turns
from fakeai.services.chat_parts import Deltas, Form, finish_reason, message, opening

SAMPLING = {"temperature": 1, "top_p": 1, "presence_penalty": 0, "frequency_penalty": 0}
DONE = b"data: [DONE]\n\n"
OBFUSCATED_BYTES = 16
CHUNKS_PER_PIECE = 16
"""Of those that are due together: joining them is cheaper than handing each over."""
Due = tuple[float, bytes]


@lru_cache(maxsize=1024)
def fingerprint(seed: int, model: str) -> str:
    return "fp_" + hexadecimal(draws(derive(seed, "fingerprint", model)), 10)


def _sampling(document: Document) -> Sampling:
    temperature, top_p = document.get("temperature"), document.get("top_p")
    return Sampling(1.0 if temperature is None else temperature, 1.0 if top_p is None else top_p)


@dataclass(slots=True)
class Head:
    """What all chunks of an answer share, and what the request wants to see in them."""

    id: str
    created: int
    model: str
    fingerprint: str
    service_tier: str
    tokenizer: Tokenizer
    top_logprobs: int | None
    """None: no log probabilities."""
    include_usage: bool
    continuous_usage: bool
    obfuscate: bool
    draw: Draw
    form: Form
    sampling: Sampling = DEFAULT

    @classmethod
    def of(cls, call: Call, document: Document, model: ModelSpec, seed: int, content_seed: int) -> "Head":
        r = call.draws()
        options = document.get("stream_options") or {}
        tier = document.get("service_tier") or "auto"
        return cls(
            id="chatcmpl-" + token(r, 29),
            created=int(call.arrived_s),
            model=document["model"] if model.echoes_alias else model.id,
            fingerprint=fingerprint(seed, model.id),
            service_tier="default" if tier == "auto" else tier,
            tokenizer=tokenizers.get(model.tokenizer),
            top_logprobs=(document.get("top_logprobs") or 0) if document.get("logprobs") else None,
            include_usage=bool(options.get("include_usage")),
            continuous_usage=bool(options.get("continuous_usage_stats")),
            obfuscate=bool(options.get("include_obfuscation")),
            draw=r,
            form=Form(content_seed, model.reasoning_field, "functions" in document),
            sampling=_sampling(document) if document.get("logprobs") else DEFAULT,
        )

    def logprobs(self, pieces: Sequence[Piece], r: Draw, kind: str = "text") -> Document | None:
        """kind: of the part that the pieces are of. Only what is said as content or as refusal has any."""
        if self.top_logprobs is None or kind not in ("text", "refusal"):
            return None
        drawn = chat_logprobs(pieces, self.top_logprobs, r, self.tokenizer, self.sampling)
        return {"content": None, "refusal": drawn} if kind == "refusal" else {"content": drawn, "refusal": None}

    def script_logprobs(self, script: Script, r: Draw) -> Document | None:
        """Of all that a choice says: a refusal stands alone."""
        if not script.parts:
            return self.logprobs(script.pieces, r)
        said = [part for part in script.parts if part.kind in ("text", "refusal")]
        pieces = [piece for part in said for piece in part.pieces]
        return self.logprobs(pieces, r, said[0].kind) if said else None


def completion(head: Head, generation: Generation) -> Document:
    return {
        "id": head.id,
        "object": "chat.completion",
        "created": head.created,
        "model": head.model,
        "choices": [_choice(head, generation, index) for index in range(len(generation.scripts))],
        "usage": generation.usage().document(),
        "service_tier": head.service_tier,
        "system_fingerprint": head.fingerprint,
    }


def _choice(head: Head, generation: Generation, index: int) -> Document:
    script = generation.scripts[index]
    said: Document = {"content": script.text, "refusal": None, "annotations": []}
    return {
        "index": index,
        "message": {"role": "assistant", **(message(script, index, head.form) if script.parts else said)},
        "logprobs": None if head.top_logprobs is None else head.script_logprobs(script, generation.draws(index)),
        "finish_reason": finish_reason(script, head.form),
    }


def stream(head: Head, generation: Generation) -> Stream:
    """Role chunks, one chunk a piece with the choices taking turns, finish chunks, usage if asked for, [DONE]."""
    template = _Template(head, generation)

    def push(take: Callable[[Batch], bool]) -> None:
        generation.flow.take = lambda: take(template.said())

    return Stream(_batches(template, generation), push=push)


async def _batches(template: "_Template", generation: Generation) -> Batches:
    try:
        async for is_last in generation.progress():
            yield chain(template.said(), template.end()) if is_last else template.said()
    finally:
        generation.flow.close()


class _Template:
    """Bytes before and after the part of a chunk that changes."""

    def __init__(self, head: Head, generation: Generation) -> None:
        shared = {
            "id": head.id,
            "object": "chat.completion.chunk",
            "created": head.created,
            "model": head.model,
            "service_tier": head.service_tier,
            "system_fingerprint": head.fingerprint,
        }
        self.head = head
        self.generation = generation
        self.start = b"data: " + orjson.dumps(shared)[:-1] + b',"choices":['
        self.null_usage = b',"usage":null' if head.include_usage else b""
        self._before = self.start + b'{"index":0,"delta":{"content":'
        self._after = b'},"logprobs":null,"finish_reason":null}]%b}\n\n' % self.null_usage
        self.spoken = 0
        self.is_open = False
        self._turns = Turns(generation)
        self._rs = [generation.draws(index) for index in range(len(generation.scripts))]
        scripts = generation.scripts
        self._deltas = [Deltas(script, index, head.form) for index, script in enumerate(scripts)]
        self._has_parts = any(script.parts for script in scripts)

    def said(self) -> Iterator[Due]:
        """Chunks of what has got its time since the last call; the roles before all."""
        if not self.is_open:
            self.is_open = True
            first_s = self.generation.first_s
            for index, script in enumerate(self.generation.scripts):
                yield first_s, self.delta(index, opening(script))
        yield from self.pieces()

    def end(self) -> Iterator[Due]:
        done_s = self.generation.done_s
        if self.generation.has_failed:
            yield done_s, b"data: " + orjson.dumps(worker_lost().body()) + b"\n\n"
            return
        for index, script in enumerate(self.generation.scripts):
            yield done_s, self.finish(index, finish_reason(script, self.head.form))
        if self.head.include_usage:
            yield done_s, self.usage()
        yield done_s, DONE

    def _end(self) -> bytes:
        end = self._running_usage() if self.head.continuous_usage else self.null_usage
        if self.head.obfuscate:
            end += b',"obfuscation":"' + token(self.head.draw, OBFUSCATED_BYTES).encode() + b'"'
        return end + b"}\n\n"

    def _running_usage(self) -> bytes:
        prompt = self.generation.prompt_tokens
        counts = {"prompt_tokens": prompt, "completion_tokens": self.spoken, "total_tokens": prompt + self.spoken}
        return b',"usage":' + orjson.dumps(counts)

    def delta(self, index: int, delta: bytes) -> bytes:
        body = b'{"index":%d,"delta":%b,"logprobs":null,"finish_reason":null}]' % (index, delta)
        return self.start + body + self._end()

    def pieces(self) -> Iterator[Due]:
        head = self.head
        if self._has_parts:
            return self._parts_pieces()
        if len(self.generation.scripts) > 1 or head.top_logprobs is not None or head.continuous_usage or head.obfuscate:
            return self._rich_pieces()
        return self._plain_pieces()

    def _plain_pieces(self) -> Iterator[Due]:
        """For one choice whose chunks differ in nothing but their text."""
        before, after, dumps = self._before, self._after, orjson.dumps
        if self.generation.is_at_once:
            between, pieces = after + before, self.generation.scripts[0].pieces
            due_s = self.generation.done_s
            for start in range(0, len(pieces), CHUNKS_PER_PIECE):
                texts = [dumps(text) for text, _ in pieces[start : start + CHUNKS_PER_PIECE]]
                yield due_s, before + between.join(texts) + after
            return
        for due_s, _, _, piece in self._turns.known():
            yield due_s, before + dumps(piece.text) + after

    def _rich_pieces(self) -> Iterator[Due]:
        for due_s, index, _, piece in self._turns.known():
            self.spoken += len(piece.ids)
            body = b'{"index":%d,"delta":{"content":%b},"logprobs":%b,"finish_reason":null}]' % (
                index,
                orjson.dumps(piece.text),
                orjson.dumps(self.head.logprobs([piece], self._rs[index])),
            )
            yield due_s, self.start + body + self._end()

    def _parts_pieces(self) -> Iterator[Due]:
        for due_s, index, row, piece in self._turns.known():
            self.spoken += len(piece.ids)
            deltas = self._deltas[index]
            delta = deltas.of(row, piece)
            if delta is not None:
                logprobs = orjson.dumps(self.head.logprobs([piece], self._rs[index], deltas.kind(row)))
                body = b'{"index":%d,"delta":%b,"logprobs":%b,"finish_reason":null}]' % (index, delta, logprobs)
                yield due_s, self.start + body + self._end()

    def finish(self, index: int, reason: str) -> bytes:
        body = b'{"index":%d,"delta":{},"logprobs":null,"finish_reason":"%b"}]' % (index, reason.encode())
        return self.start + body + self._end()

    def usage(self) -> bytes:
        return self.start + b'],"usage":' + orjson.dumps(self.generation.usage().document()) + b"}\n\n"
