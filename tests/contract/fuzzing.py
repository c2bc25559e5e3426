"""schemathesis on the app in process: the committed configuration, keys switched on, seeds fixed."""

import copy
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import AcceptedNegativeData
from schemathesis.openapi.checks import EnsureResourceAvailability, RejectedPositiveData
from schemathesis.specs.openapi.checks import response_schema_conformance

from fakeai.config import AppConfig
from fakeai.server.app import App
from fakeai_api.operations import OPERATIONS
from tests.conftest import EPOCH_S
from tests.support import contract

CONFIG = Path(__file__).parents[2] / "schemathesis.toml"
KEYS = {"keys": ["sk-fake"], "admin_keys": ["sk-fake-admin"]}
URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
PREFIXES = tuple(sorted({operation.id_prefix for operation in OPERATIONS.values() if operation.id_prefix}))
"""Of ids that creating gives: others were guessed and need not be there after something was created beside them."""
TEXT = "any text at all"
INT64 = 1 << 63
RIGHTLY_REFUSED = (
    "base64",
    "could not be decoded",
    "must contain the word 'json'",
    "Invalid file data",
    "Invalid image URL",
    "context window",
    "is not in the vocabulary",
    "context length",
    "Cannot cancel",
    "upload with status",
    "The upload was announced",
    "No upload part found",
    "Message content must be non-empty",
    "while a run",
    "already has an active run",
    "do not accept tool outputs",
    "Expected tool outputs",
    "with this model",
    "Invalid schema for",
    "tool_choice",
)
"""Parts of messages about values that schemas allow and that nonetheless mean nothing."""


class Examples:
    """How many for each operation; --contract-examples sets it before tests are collected."""

    number = 10


@cache
def document() -> dict[str, Any]:
    """Without urlencoded bodies, in which schemathesis writes nested objects in a way that no client does."""
    fitted = copy.deepcopy(contract.document())
    for item in fitted["paths"].values():
        for operation in item.values():
            operation.get("requestBody", {}).get("content", {}).pop(URLENCODED, None)
    return fitted


class Server:
    """An application that can be exchanged for a new one of the same settings."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.config = AppConfig(core={"epoch": EPOCH_S}, auth=KEYS, **settings)
        self.restart()

    def restart(self) -> None:
        self.app = App(self.config)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)


def schema(mode: str, **settings: Any) -> Any:
    """The contract, bound to a new server with these settings; mode is positive, negative or all."""
    config = SchemathesisConfig.from_path(CONFIG)
    config.projects.default.generation.update(modes=_modes(mode), max_examples=Examples.number)
    loaded = schemathesis.openapi.from_dict(document(), config=config)
    loaded.app = Server(settings)
    for hook in (map_query, filter_query, map_body, filter_body, filter_failure):
        loaded.hook(hook)
    return loaded


def _modes(mode: str) -> list[Any]:
    modes = schemathesis.GenerationMode
    return {"positive": [modes.POSITIVE], "negative": [modes.NEGATIVE], "all": list(modes)}[mode]


def repeatable(share: float = 1.0) -> settings:
    """share: of the usual number of examples."""
    return settings(
        max_examples=max(1, int(Examples.number * share)),
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


def check(case: Any) -> None:
    judge(case, case.call())


def judge(case: Any, response: Any, **options: Any) -> None:
    """Events are judged by our own reading: schemathesis takes the schema for that of an event with its data."""
    content_type = response.headers.get("content-type", [""])[0]
    excluded = [response_schema_conformance] if content_type.startswith("text/event-stream") else []
    case.validate_response(response, excluded_checks=excluded, **options)
    headers = {name: values[0] for name, values in response.headers.items()}
    raw_path = response.request.path_url.partition("?")[0].encode()
    contract.check(case.method.upper(), raw_path, response.status_code, headers, response.content)


def map_query(context: Any, query: Any) -> Any:
    return _plain(query)


def filter_query(context: Any, query: Any) -> bool:
    """An object in a query cannot have a member without a name: brackets with nothing between them make a list."""
    declared = {parameter.get("name") for parameter in context.operation.definition.raw.get("parameters", ())}
    return not any(name.endswith("[]") and name not in declared for name in query or ())


def map_body(context: Any, body: Any) -> Any:
    """What clients can and do say: integers without a fraction and of 64 bits, no null in forms."""
    plain = _plain(body)
    if _takes_forms(context.operation) and isinstance(plain, dict):
        return {name: value for name, value in plain.items() if value is not None}
    return plain


def filter_body(context: Any, body: Any) -> bool:
    """A form cannot say that a list is empty."""
    return not (_takes_forms(context.operation) and isinstance(body, dict) and [] in body.values())


def _takes_forms(operation: Any) -> bool:
    return MULTIPART in operation.definition.raw.get("requestBody", {}).get("content", {})


def filter_failure(context: Any, failure: Any, case: Any, response: Any) -> bool:
    if isinstance(failure, RejectedPositiveData):
        return not (response.status_code == 400 and any(text in response.text for text in RIGHTLY_REFUSED))
    if isinstance(failure, EnsureResourceAvailability):
        asked = case.path.rpartition("{")[2].partition("}")[0]
        return str(case.path_parameters[asked]).startswith(PREFIXES)
    if isinstance(failure, AcceptedNegativeData) and case.media_type == MULTIPART:
        return not _is_valid_as_text(case)
    if isinstance(failure, AcceptedNegativeData) and case.method == "GET":
        return _says_a_parameter(case.operation, response.request.url)
    return True


def _says_a_parameter(operation: Any, url: str) -> bool:
    """False if what was damaged cannot be written into a query, as an empty object, and so was not sent at all."""
    sent = {name.partition("[")[0] for name, _ in parse_qsl(urlsplit(url).query, keep_blank_values=True)}
    return any(p["name"].partition("[")[0] in sent or p["in"] == "path" for p in operation.definition.raw["parameters"])


def _is_valid_as_text(case: Any) -> bool:
    """In a form every value is text, so where any text will do, so will any value."""
    schema = case.operation.definition.raw["requestBody"]["content"][MULTIPART]["schema"]
    pointer = schema.get("$ref", "").removeprefix("#/")
    if not pointer or not isinstance(case.body, dict):
        return False
    named = contract.document()["components"]["schemas"][pointer.rpartition("/")[2]].get("properties", {})
    said = {name: TEXT if name in named and _takes(pointer, name) else value for name, value in case.body.items()}
    return bool(contract.validator(pointer).is_valid(said))


def _takes(pointer: str, name: str) -> bool:
    return bool(contract.validator(f"{pointer}/properties/{name}").is_valid(TEXT))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_plain(member) for member in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < INT64:
        return int(value)
    if isinstance(value, int) and not -INT64 <= value < INT64:
        return min(max(value, -INT64), INT64 - 1)
    return value
