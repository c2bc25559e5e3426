"""HTTP clients whose every answer is checked against the contract."""

from typing import Any

import httpx
import httpx2
import openai

from tests.support import contract

DONE = b"data: [DONE]\n\n"


class _Recorder:
    """Checks a body that was passed on in parts when it is complete."""

    def __init__(self, request: Any, response: Any) -> None:
        self.request = request
        self.response = response
        self.parts: list[bytes] = []
        self.is_checked = False

    def closed(self) -> None:
        """The SDK leaves a stream at its [DONE], or swallows what goes wrong when it reads on."""
        if self.parts and self.parts[-1].endswith(DONE):
            self.finish()

    def finish(self) -> None:
        if self.is_checked:
            return
        contract.check(
            self.request.method,
            self.request.url.raw_path.partition(b"?")[0],
            self.response.status_code,
            {name.lower(): value for name, value in self.response.headers.items()},
            b"".join(self.parts),
        )
        self.is_checked = True


class _SyncStream(httpx2.SyncByteStream):
    def __init__(self, inner: Any, recorder: _Recorder) -> None:
        self.inner = inner
        self.recorder = recorder

    def __iter__(self) -> Any:
        for part in self.inner:
            self.recorder.parts.append(part)
            yield part
        self.recorder.finish()

    def close(self) -> None:
        self.inner.close()
        self.recorder.closed()


class _AsyncStream(httpx2.AsyncByteStream):
    def __init__(self, inner: Any, recorder: _Recorder) -> None:
        self.inner = inner
        self.recorder = recorder

    async def __aiter__(self) -> Any:
        async for part in self.inner:
            self.recorder.parts.append(part)
            yield part
        self.recorder.finish()

    async def aclose(self) -> None:
        await self.inner.aclose()
        self.recorder.closed()


class CheckedTransport(httpx2.HTTPTransport):
    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        response = super().handle_request(request)
        response.stream = _SyncStream(response.stream, _Recorder(request, response))
        return response


class CheckedAsyncTransport(httpx2.AsyncHTTPTransport):
    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        response = await super().handle_async_request(request)
        response.stream = _AsyncStream(response.stream, _Recorder(request, response))
        return response


def sdk(base_url: str, **options: Any) -> openai.OpenAI:
    options = {"api_key": "sk-fake", "max_retries": 0, "admin_api_key": "sk-fake-admin"} | options
    return openai.OpenAI(
        base_url=base_url, http_client=openai.DefaultHttpxClient(transport=CheckedTransport()), **options
    )


def async_sdk(base_url: str, **options: Any) -> openai.AsyncOpenAI:
    options = {"api_key": "sk-fake", "max_retries": 0} | options
    client = openai.DefaultAsyncHttpxClient(transport=CheckedAsyncTransport())
    return openai.AsyncOpenAI(base_url=base_url, http_client=client, **options)


class CheckedApp(httpx.ASGITransport):
    """In process, without a socket."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await super().handle_async_request(request)
        body = await response.aread()
        raw_path = request.url.raw_path.partition(b"?")[0]
        headers = {name.lower(): value for name, value in response.headers.items()}
        contract.check(request.method, raw_path, response.status_code, headers, body)
        return response


def in_process(app: Any, **options: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=CheckedApp(app=app), base_url="http://fakeai", **options)
