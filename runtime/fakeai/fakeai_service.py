"""The API in process, without HTTP: each operation of the contract is a method."""

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

import orjson
from pydantic import BaseModel

from fakeai.config import AppConfig
from fakeai.core.errors import ApiError
from fakeai.core.operation import Operation
from fakeai.server.app import App
from fakeai.server.asgi import Message
from fakeai_api.operations import OPERATIONS

METHODS = {operation.name: operation for operation in OPERATIONS.values()}


class FakeAIService:
    """`await service.create_chat_completion({...})` answers what the server would.

    A method takes the request body (a mapping or a model of fakeai.models) and, by name, path and query parameters.
    It returns the JSON document, the bytes of any other answer, or None if there is no body; with "stream" in the
    body, all server-sent data objects as a list. Raises ApiError where the server would answer with an error.
    """

    def __init__(self, config: AppConfig | None = None, *, api_key: str = "sk-fake") -> None:
        self.app = App(config or AppConfig())
        self._headers = [(b"authorization", b"Bearer " + api_key.encode())]

    def __getattr__(self, name: str) -> Any:
        operation = METHODS.get(name)
        if operation is None:
            raise AttributeError(f"{name} is no operation of the contract")

        async def call(body: Mapping[str, Any] | BaseModel | None = None, **parameters: Any) -> Any:
            return await self._call(operation, body, parameters)

        call.__name__ = name
        call.__doc__ = f"{operation.method} {operation.path}"
        return call

    async def _call(self, operation: Operation, body: Any, parameters: dict[str, Any]) -> Any:
        path = {name: quote(str(parameters.pop(name)), safe="") for name in operation.path_params}
        raw = b"" if body is None else orjson.dumps(_plain(body))
        beta = [(b"openai-beta", operation.beta.encode())] if operation.beta else []
        scope = {
            "type": "http",
            "method": operation.method,
            "path": operation.path,
            "raw_path": ("/v1" + operation.path.format_map(path)).encode(),
            "query_string": urlencode(parameters, doseq=True).encode(),
            "headers": [*self._headers, *beta, (b"content-type", b"application/json")],
        }
        status, media_type, answer = await self._exchange(scope, raw)
        if status >= 400:
            raise _error(status, answer)
        return _value(media_type, answer)

    async def _exchange(self, scope: dict[str, Any], raw: bytes) -> tuple[int, str, bytes]:
        sent: list[Message] = []
        requests: list[Message] = [{"type": "http.request", "body": raw}]

        async def receive() -> Message:
            """The caller never goes away: after the request there is nothing to receive."""
            return requests.pop() if requests else await asyncio.Future()

        async def send(message: Message) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        headers = dict(sent[0]["headers"])
        body = b"".join(message.get("body", b"") for message in sent[1:])
        return sent[0]["status"], headers.get(b"content-type", b"").decode(), body


def _plain(body: Mapping[str, Any] | BaseModel) -> Any:
    return body.model_dump(mode="json", exclude_unset=True) if isinstance(body, BaseModel) else body


def _value(media_type: str, answer: bytes) -> Any:
    if media_type.startswith("text/event-stream"):
        lines = [line.removeprefix(b"data: ") for line in answer.split(b"\n") if line.startswith(b"data: ")]
        return [orjson.loads(line) for line in lines if line != b"[DONE]"]
    if media_type.startswith("application/json"):
        return orjson.loads(answer)
    return answer or None


def _error(status: int, answer: bytes) -> ApiError:
    error = orjson.loads(answer)["error"]
    return ApiError(status, error["message"], type=error["type"], code=error["code"], param=error["param"])
