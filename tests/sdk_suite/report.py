"""What the record says: which tests ask for operations of the contract, and how many of them pass."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from fakeai.server.routes import Routes
from tests.sdk_suite.allowed import reason

_ROUTES = Routes()


@dataclass(frozen=True, slots=True)
class Result:
    test: str
    outcome: str
    why: str
    sent: tuple[tuple[str, str, int | None], ...]
    """(method, target, status) of each request."""

    @property
    def group(self) -> str:
        """First folder or file below tests/api_resources."""
        return re.sub(r"^test_|\.py$", "", self.test.split("::")[0].split("/")[2])

    @property
    def is_known(self) -> bool:
        """Every request is for an operation of the contract."""
        return all(_is_operation(method, target) for method, target, _ in self.sent)

    @property
    def verdict(self) -> str:
        if not self.sent:
            return "local"
        if not self.is_known:
            return "lacking"
        if self.outcome == "passed":
            return "passed"
        return "allowed" if reason(self.test) else "failed"


def _is_operation(method: str, target: str) -> bool:
    """`?beta=true` asks for another family of operations at the same paths, which the contract does not have."""
    path, _, query = target.partition("?")
    route = _ROUTES.of(path.encode())
    return route is not None and method in route.methods and "beta=true" not in query.split("&")


def read(record: Path) -> list[Result]:
    rows = [json.loads(line) for line in record.read_text(encoding="utf-8").splitlines()]
    return [Result(row["test"], row["outcome"], row["why"], tuple(map(tuple, row["sent"]))) for row in rows]


def table(results: Iterable[Result]) -> Iterator[str]:
    """Markdown: for every group, the tests that ask for operations of the contract, and the others."""
    groups: dict[str, Counter[str]] = {}
    for result in results:
        groups.setdefault(result.group, Counter())[result.verdict] += 1
    yield "| group | passed / asking for an operation | asking for what the contract lacks | asking nothing |"
    yield "|---|--:|--:|--:|"
    for name, counts in [*sorted(groups.items()), ("**all**", sum(groups.values(), Counter()))]:
        asking = counts["passed"] + counts["allowed"] + counts["failed"]
        yield f"| {name} | {counts['passed']} / {asking} | {counts['lacking']} | {counts['local']} |"


def failures(results: Iterable[Result]) -> Iterator[str]:
    for result in results:
        if result.verdict == "failed":
            yield f"FAILED {result.test}\n    {_requests(result)}\n    {' '.join(result.why.split())[-600:]}"


def _requests(result: Result) -> str:
    return ", ".join(f"{method} {target} → {status}" for method, target, status in result.sent)


def allowed(results: Iterable[Result]) -> Iterator[str]:
    """Reasons for failures that may be, with how often."""
    counts = Counter(reason(result.test) for result in results if result.verdict == "allowed")
    for why, count in sorted(counts.items(), key=str):
        yield f"{count} fail and may: {why}"
