"""Texts that another server writes, which has an API like OpenAI's."""

from http.client import HTTPException
from typing import Any

import orjson

from fakeai.content.prompt import Prompt, turns
from fakeai.content.text import Slow, TextConfig
from fakeai.core.client import opened
from fakeai.core.errors import ApiError
from fakeai.core.seeds import Draw


class Proxy(Slow):
    def __init__(self, config: TextConfig) -> None:
        super().__init__(config)
        self._url = config.upstream_url
        self._model = config.upstream_model
        self._key = config.upstream_key
        self._timeout_s = config.upstream_timeout_s

    def say(self, prompt: Prompt, max_tokens: int, r: Draw) -> tuple[str, bool]:
        body = {
            "model": self._model,
            "messages": turns(prompt),
            "max_tokens": max_tokens,
            "temperature": prompt.temperature,
            "top_p": prompt.top_p,
            "seed": r(),
        }
        try:
            with opened(self._url, "/chat/completions", body, self._key, self._timeout_s) as response:
                return _said(orjson.loads(response.read()))
        except TimeoutError:
            raise self._failed(f"{self._url} does not answer within {self._timeout_s:g} s") from None
        except (ValueError, LookupError, TypeError, AttributeError):
            raise self._failed(f"{self._url} does not answer with a chat completion") from None
        except (HTTPException, ConnectionError):
            raise self._failed(f"{self._url} broke off its answer") from None
        except OSError as error:
            raise self._failed(str(error)) from None

    def _failed(self, problem: str) -> ApiError:
        """A server that refuses a key may repeat it."""
        told = problem.replace(self._key, "***") if self._key else problem
        return ApiError(502, f"The upstream server failed: {' '.join(told.split())}", type="server_error")


def _said(answer: Any) -> tuple[str, bool]:
    choice = answer["choices"][0]
    message = choice["message"]
    text = message.get("content") or message.get("refusal") or ""
    if not isinstance(text, str):
        raise TypeError("the content is no text")
    return text, choice.get("finish_reason") == "length"
