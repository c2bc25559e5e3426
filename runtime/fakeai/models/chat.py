"""Chat completions: the generated models under their short names."""

from fakeai_api.models.chat import CreateChatCompletionRequest as ChatCompletionRequest
from fakeai_api.models.chat import CreateChatCompletionResponse as ChatCompletionResponse
from fakeai_api.models.chat import CreateChatCompletionStreamResponse as ChatCompletionChunk

__all__ = ["ChatCompletionChunk", "ChatCompletionRequest", "ChatCompletionResponse"]
