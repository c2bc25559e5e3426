"""The contract's operations, asked by schemathesis with generated requests: valid ones, damaged ones, sequences."""

from typing import Any

import pytest
from hypothesis import settings

from fakeai_api.operations import OPERATIONS
from tests.contract import fuzzing
from tests.contract.requests import CONTRACT_MODE

pytestmark = [pytest.mark.contract, pytest.mark.timeout(900)]

STORING = sorted({operation.path.split("/")[1] for operation in OPERATIONS.values() if operation.kind == "create"})
UNLINKED = {"chat", "projects", "responses"}
"""schemathesis finds nothing that follows what these create, and asks for guessed ids alone. The CRUD law has them."""

answering = fuzzing.schema("positive", **CONTRACT_MODE)
refusing = fuzzing.schema("negative").include(path_regex=f"^/({'|'.join(STORING)})(/|$)")


@answering.parametrize()
@fuzzing.repeatable()
def test_valid_requests_are_answered(case: Any) -> None:
    fuzzing.check(case)


@refusing.parametrize()
@fuzzing.repeatable(0.5)
def test_damaged_requests_are_refused(case: Any) -> None:
    fuzzing.check(case)


@pytest.mark.parametrize("group", sorted(set(STORING) - UNLINKED))
def test_sequences_find_what_they_created_and_not_what_they_deleted(group: str) -> None:
    lenient = {"server": {"unknown_parameters": "ignore"}, "models": {"unknown": "infer"}}
    schema = fuzzing.schema("positive", **lenient).include(path_regex=f"^/{group}(/|$)")

    answered: set[int] = set()

    class Sequence(schema.as_state_machine()):  # type: ignore[misc]
        def setup(self) -> None:
            """Every sequence meets an empty server."""
            schema.app.restart()

        def validate_response(self, response: Any, case: Any, *args: Any, **options: Any) -> None:
            fuzzing.judge(case, response, recorder=self.recorder)
            answered.add(response.status_code)

    Sequence.run(settings=settings(fuzzing.repeatable(), stateful_step_count=10))
    assert answered & {200, 201}
