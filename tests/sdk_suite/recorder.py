"""pytest plugin for the SDK's tests: which requests each test really sent to the server, and how it ended.

It is loaded by its bare name into a process whose `tests` package is the SDK's, so it imports nothing of this project.
One JSON line a test goes to the file that FAKEAI_SDK_RECORD names.
"""

import json
import os
from collections.abc import Iterator
from typing import Any

import httpcore2
import openai
import pytest
from openai._base_client import BaseClient

Sent = list[tuple[str, str, int | None]]
"""(method, path, status; None: no answer)"""

_sent: Sent = []


def _note(request: Any, status: int | None) -> None:
    _sent.append((request.method.decode(), request.url.target.decode(), status))


def _watch_sync() -> None:
    """Below the SDK tests' mock of the connection pool: a mocked request never comes here."""
    inner = httpcore2.HTTP11Connection.handle_request

    def handle_request(self: Any, request: Any) -> Any:
        try:
            response = inner(self, request)
        except Exception:
            _note(request, None)
            raise
        _note(request, response.status)
        return response

    httpcore2.HTTP11Connection.handle_request = handle_request


def _watch_async() -> None:
    inner = httpcore2.AsyncHTTP11Connection.handle_async_request

    async def handle_async_request(self: Any, request: Any) -> Any:
        try:
            response = await inner(self, request)
        except Exception:
            _note(request, None)
            raise
        _note(request, response.status)
        return response

    httpcore2.AsyncHTTP11Connection.handle_async_request = handle_async_request


def pytest_configure(config: pytest.Config) -> None:
    _watch_sync()
    _watch_async()
    BaseClient._should_retry = lambda self, response: False  # type: ignore[method-assign]


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    _sent.clear()
    yield


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: Any) -> Iterator[None]:
    outcome: Any = yield
    report = outcome.get_result()
    if report.when == "teardown":
        report.user_properties = [("sent", list(_sent))]


class _Results:
    """Runs where all reports arrive: in the process that leads the workers."""

    def __init__(self, path: str) -> None:
        self._file = open(path, "w", encoding="utf-8")  # noqa: SIM115 (closed at the end of the session)
        self._outcomes: dict[str, tuple[str, str]] = {}

    def pytest_runtest_logreport(self, report: Any) -> None:
        before = self._outcomes.get(report.nodeid, ("passed", ""))
        if report.outcome != "passed" and before[0] == "passed":
            before = (report.outcome, str(getattr(report.longrepr, "reprcrash", "") or report.longrepr)[-2000:])
        self._outcomes[report.nodeid] = before
        if report.when == "teardown":
            outcome, why = self._outcomes.pop(report.nodeid)
            sent = dict(report.user_properties)["sent"]
            line = {"test": report.nodeid, "outcome": outcome, "why": why, "sent": sent, "sdk": openai.__version__}
            self._file.write(json.dumps(line) + "\n")

    def pytest_sessionfinish(self) -> None:
        self._file.close()


def pytest_sessionstart(session: pytest.Session) -> None:
    if not hasattr(session.config, "workerinput"):
        session.config.pluginmanager.register(_Results(os.environ["FAKEAI_SDK_RECORD"]))
