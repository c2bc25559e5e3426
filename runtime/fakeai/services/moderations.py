"""Moderation of texts and images."""

import asyncio
from collections.abc import Sequence
from typing import Any

from fakeai.content.images import image_tokens
from fakeai.content.moderation import moderate
from fakeai.content.prompt import content_text
from fakeai.content.tokenizer import Tokenizer
from fakeai.core.call import Call
from fakeai.core.errors import ApiError
from fakeai.core.ids import token
from fakeai.core.operation import Document
from fakeai.core.reply import Answer, Reply
from fakeai.core.specs import ModelSpec
from fakeai.engine.engine import Engine
from fakeai_api.routers.moderations import ModerationsApi

DEFAULT_MODEL = "omni-moderation-latest"
MAX_IMAGES = 1
Parts = Sequence[Document]


class ModerationsService(ModerationsApi):
    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    async def create_moderation(self, call: Call, body: Any) -> Answer:
        """A result for each text, or one for all parts. Scanning is done in a thread: texts may be long."""
        given = call.document["input"]
        model = await self.engine.model(call, call.document.get("model") or DEFAULT_MODEL)
        if not call.contract:
            _check(given, model)
        tokenizer = await self.engine.tokenizer(model)
        results, tokens = await asyncio.to_thread(_results, given, model, tokenizer, call.contract)
        call.response_headers += self.engine.limits.spend(call.tenant, model.id, tokens, call.arrived_s)
        return Reply({"id": "modr-" + token(call.draws(), 29), "model": model.id, "results": results})


def _check(given: str | list[str] | Parts, model: ModelSpec) -> None:
    if "moderations" not in model.endpoints:
        message = f"Invalid value for 'model' = {model.id}. Please check the OpenAI documentation and try again."
        raise ApiError(400, message, param="model")
    if not given and isinstance(given, list):
        message = (
            "Invalid 'input': empty array. Expected an array with minimum length 1, but got an empty array instead."
        )
        raise ApiError(400, message, code="empty_array", param="input")
    images = _images(given)
    if images and "image" not in model.input_modalities:
        message = f"Invalid 'input': the model {model.id} takes text only, but got an image."
        raise ApiError(400, message, code="invalid_value", param="input")
    if len(images) > MAX_IMAGES:
        message = f"Number of images ({len(images)}) exceeds maximum of {MAX_IMAGES}"
        raise ApiError(400, message, code="too_many_images", param="input")


def _images(given: str | list[str] | Parts) -> list[tuple[int, str]]:
    """(number of the part, URL) of each image."""
    parts = given if isinstance(given, list) else []
    return [
        (index, part["image_url"]["url"])
        for index, part in enumerate(parts)
        if isinstance(part, dict) and part["type"] == "image_url"
    ]


def _results(given: Any, model: ModelSpec, tokenizer: Tokenizer, contract: bool) -> tuple[list[Document], int]:
    """Results and tokens of the input. Raises ApiError 400 for an image that is none, unless `contract`."""
    illicit = "image" in model.input_modalities
    if isinstance(given, list) and given and isinstance(given[0], dict):
        images = _images(given)
        has_text = len(images) < len(given)
        text = content_text(given) if has_text else None
        tokens = tokenizer.count(text or "")
        if not contract:
            tokens += sum(_image_tokens(index, url, model) for index, url in images)
        return [moderate(text, [url for _, url in images], illicit)], tokens
    texts = given if isinstance(given, list) else [given]
    return [moderate(text, (), illicit) for text in texts], sum(map(tokenizer.count, texts))


def _image_tokens(index: int, url: str, model: ModelSpec) -> int:
    return image_tokens(url, None, model.image_tokens, f"input[{index}].image_url.url")
