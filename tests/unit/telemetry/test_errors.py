import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeai.telemetry.errors import CLIENT_GONE, MOST_NAMES, RECENT, Errors, error_type, is_ours

NAME = ("operation", "listModels")


def errors(*outcomes: tuple[float, str | None]) -> Errors:
    """(time, error); "server" is ours."""
    found = Errors((1.0, 10.0), (1.0, 5.0))
    for at_s, error in outcomes:
        found.add(NAME, at_s, error, ours=error == "server")
    return found


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (200, None),
        (400, "invalid_request"),
        (401, "authentication"),
        (404, "not_found"),
        (405, "invalid_request"),
        (429, "rate_limit"),
        (499, CLIENT_GONE),
        (500, "server"),
        (503, "server"),
    ],
)
def test_types_by_status(status: int, kind: str | None) -> None:
    assert error_type(status) == kind
    assert is_ours(status) == (kind == "server")


def test_recovery_is_from_the_first_failure_to_the_next_success() -> None:
    found = errors((0, None), (10, "server"), (11, "not_found"), (12, "server"), (14, None), (20, None))
    assert found.recovery_s[NAME].counts() == ((1.0, 10.0), [0, 1, 1], 4.0)
    assert found.streak[NAME].counts().sum == 2
    assert found.failing == {NAME: 0}


def test_it_fails_until_something_succeeds() -> None:
    found = errors((0, "server"))
    assert found.failing == {NAME: 1}
    assert found.recovery_s == {}


@pytest.mark.parametrize(
    ("outcomes", "pattern"),
    [
        ([(0, "server"), (1, None)], "single"),
        ([(0, "server"), (1, "server"), (2, "server"), (3, None)], "burst"),
        ([(0, "server"), (31, None)], "outage"),
    ],
)
def test_patterns(outcomes: list[tuple[float, str | None]], pattern: str) -> None:
    assert errors(*outcomes).patterns == {(*NAME, pattern): 1}


@given(st.lists(st.sampled_from([None, "server", "rate_limit", CLIENT_GONE]), min_size=1, max_size=250))
def test_ratio_is_of_the_latest_and_leaves_departed_clients_out(kinds: list[str | None]) -> None:
    found = errors(*enumerate(kinds))
    recent = kinds[-RECENT:]
    failed = sum(kind is not None and kind != CLIENT_GONE for kind in recent)
    assert found.error_ratio[NAME] == pytest.approx(failed / len(recent))
    assert sum(found.errors.values()) == sum(kind is not None for kind in kinds)


@given(st.lists(st.sampled_from([None, "server"]), max_size=60))
def test_every_failure_is_in_a_row(kinds: list[str | None]) -> None:
    found = errors(*enumerate(kinds))
    open_row = next((index for index, kind in enumerate(reversed(kinds)) if kind is None), len(kinds))
    assert found.streak[NAME].counts().sum == kinds.count("server") - open_row
    assert sum(found.patterns.values()) == found.recovery_s[NAME].counts().cumulative[-1]


def test_names_are_bounded() -> None:
    found = Errors((1.0,), (1.0,))
    for number in range(MOST_NAMES + 5):
        found.add(("model", f"m{number}"), 0.0, "internal", ours=True)
    assert found.errors["model", "other", "internal"] == 5
    assert len(found.failing) == MOST_NAMES + 1
