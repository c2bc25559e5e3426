"""Embeddings: vectors of the text's characters, in the time that reading the text takes."""

import asyncio
from base64 import b64encode
from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from fakeai.content.embedding import embed
from fakeai.content.tokenizer import Tokenizer
from fakeai.core.call import Call
from fakeai.core.errors import ApiError
from fakeai.core.operation import Document
from fakeai.core.reply import Answer, Reply
from fakeai.core.specs import ModelSpec
from fakeai.engine.engine import Engine
from fakeai_api.routers.embeddings import EmbeddingsApi

MAX_REQUEST_TOKENS = 300_000
DEFAULT_DIMENSIONS = 1536
"""Of models whose size is not known."""
EMPTY = "'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference."


class EmbeddingsService(EmbeddingsApi):
    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    async def create_embedding(self, call: Call, body: Any) -> Answer:
        document = call.document
        model = await self.engine.model(call, document["model"])
        if not call.contract:
            _check(document, model)
        tokenizer = await self.engine.tokenizer(model)
        limits = (model.context_window, self.engine.options.max_model_len)
        window = min((limit for limit in limits if limit), default=None)
        ids, answer = await asyncio.to_thread(_written, document, model, tokenizer, window, call.contract)
        await self.engine.read(call, model, ids)
        return Reply(answer, media_type="application/json")


def _inputs(given: Any) -> list[str | list[int]]:
    """An input is a text or token ids; a request has one or a list of them."""
    if isinstance(given, str) or (given and isinstance(given[0], int)):
        return [given]
    return list(given)


def _check(document: Document, model: ModelSpec) -> None:
    if "embeddings" not in model.endpoints:
        raise ApiError(403, "You are not allowed to generate embeddings from this model", param="model")
    if not all(_inputs(document["input"])):
        raise ApiError(400, EMPTY, param="input")
    wanted, native = document.get("dimensions"), model.embedding_dimensions or DEFAULT_DIMENSIONS
    if wanted is None:
        return
    if not model.dimensions_adjustable:
        raise ApiError(400, "This model does not support specifying dimensions.", param="dimensions")
    if wanted > native:
        message = f"Invalid value for 'dimensions' = {wanted}. Must be less than or equal to {native}."
        raise ApiError(400, message, param="dimensions")


def _written(
    document: Document, model: ModelSpec, tokenizer: Tokenizer, window: int | None, contract: bool
) -> tuple[list[Sequence[int]], bytes]:
    """Token ids of each input, and the answer. Raises ApiError for inputs that are too long or no tokens."""
    inputs = _inputs(document["input"])
    ids = [tokenizer.ids(given) if isinstance(given, str) else given for given in inputs]
    _check_lengths(ids, window)
    texts = [given if isinstance(given, str) else _text(given, tokenizer, contract) for given in inputs]
    tokens = sum(map(len, ids))
    name = document["model"] if model.echoes_alias else model.id
    end = {"model": name, "usage": {"prompt_tokens": tokens, "total_tokens": tokens}}
    in_base64 = document.get("encoding_format") == "base64" and not contract  # where clients check types, not values
    data = b",".join(_items(document, model, texts, in_base64))
    return ids, b'{"object":"list","data":[' + data + b"]," + orjson.dumps(end)[1:]


def _check_lengths(ids: Sequence[Sequence[int]], window: int | None) -> None:
    longest, all_tokens = max(map(len, ids)), sum(map(len, ids))
    if window is not None and longest > window:
        raise ApiError(
            400,
            f"This model's maximum context length is {window} tokens, however you requested {longest} tokens "
            f"({longest} in your prompt; 0 for the completion). Please reduce your prompt; or completion length.",
            code="context_length_exceeded",
            param="input",
        )
    if all_tokens > MAX_REQUEST_TOKENS:
        limit = "max_tokens_per_request"
        message = f"Requested {all_tokens} tokens, max {MAX_REQUEST_TOKENS} tokens per request"
        raise ApiError(400, message, type=limit, code=limit, param="input")


def _text(ids: Sequence[int], tokenizer: Tokenizer, contract: bool) -> str:
    """In contract mode any number is a token."""
    return " ".join(map(str, ids)) if contract else tokenizer.decode(ids, "input")


def _items(document: Document, model: ModelSpec, texts: Sequence[str], in_base64: bool) -> Iterator[bytes]:
    """One by one: writing thousands of vectors as JSON at once would keep the event loop from running."""
    native = model.embedding_dimensions or DEFAULT_DIMENSIONS
    dimensions = min(document.get("dimensions") or native, native)
    for index, text in enumerate(texts):
        vector = embed(text, model.id, native, dimensions)
        shown = b64encode(vector.astype("<f4").tobytes()).decode() if in_base64 else vector
        item = {"object": "embedding", "index": index, "embedding": shown}
        yield orjson.dumps(item, option=orjson.OPT_SERIALIZE_NUMPY)
