"""vLLM's tokenizer endpoints."""

from typing import Any

from fakeai.content.prompt import content_text
from fakeai.core.call import Call
from fakeai.core.reply import Answer, Reply
from fakeai.engine.engine import Engine
from fakeai_api.routers.detokenize import DetokenizeApi
from fakeai_api.routers.tokenize import TokenizeApi

DEFAULT_MODEL = "gpt-4o"
"""vLLM serves one model and need not be told which; this one's tokenizer is that of most current models."""


class TokenizeService(TokenizeApi):
    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    async def tokenize_text(self, call: Call, body: Any) -> Answer:
        """A prompt as it is, or the texts of chat messages, one after the other and without a chat template."""
        document = call.document
        model = await self.engine.model(call, document.get("model") or DEFAULT_MODEL)
        tokenizer = await self.engine.tokenizer(model)
        text = document.get("prompt")
        if text is None:
            text = "".join(content_text(message.get("content")) for message in document["messages"])
        tokens = tokenizer.encode(text)
        answer = {"count": len(tokens), "max_model_len": model.context_window or 0, "tokens": tokens}
        shown = [tokenizer.decode([token]) for token in tokens] if document.get("return_token_strs") else None
        return Reply(answer | {"token_strs": shown})


class DetokenizeService(DetokenizeApi):
    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    async def detokenize_tokens(self, call: Call, body: Any) -> Answer:
        document = call.document
        tokenizer = await self.engine.tokenizer(await self.engine.model(call, document.get("model") or DEFAULT_MODEL))
        return Reply({"prompt": tokenizer.decode(document["tokens"])})
