"""Paging against a plain list, while objects come and go."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeai.core.call import PageQuery
from fakeai.core.errors import NotFound
from fakeai.state.pages import matches, select
from fakeai.state.records import Record, Records

pytestmark = pytest.mark.unit


def collection(numbers: list[int]) -> Records:
    records = Records()
    for number in numbers:
        records.add(Record(f"w{number}", b'{"id":"w%d","color":"%s"}' % (number, b"red" if number % 3 else b"blue")))
    return records


def ids(records: Records, **query: Any) -> list[str]:
    page = select(records, "widgets", PageQuery(**{"limit": 100, "ascending": True} | query), now_s=0.0)
    return [document["id"] for document in page.data]


@given(
    changes=st.lists(st.tuples(st.booleans(), st.integers(0, 30)), max_size=60),
    limit=st.integers(1, 7),
    ascending=st.booleans(),
    blue=st.booleans(),
)
def test_pages_agree_with_a_list(changes: list[tuple[bool, int]], limit: int, ascending: bool, blue: bool) -> None:
    records, model = collection([]), []
    for is_addition, number in changes:
        id = f"w{number}"
        if is_addition and id not in records:
            records.add(Record(id, b'{"id":"%s","color":"%s"}' % (id.encode(), b"red" if number % 3 else b"blue")))
            model.append(id)
        elif not is_addition:
            assert (records.remove(id) is not None) == (id in model)
            model = [other for other in model if other != id]
    assert len(records) == len(model)
    wanted = [id for id in (model if ascending else model[::-1]) if not blue or int(id[1:]) % 3 == 0]
    where = {"color": "blue"} if blue else {}
    seen: list[str] = []
    more = True
    while more:
        query = PageQuery(limit, ascending, after=seen[-1] if seen else None, where=where)
        page = select(records, "widgets", query, now_s=0.0)
        seen += [document["id"] for document in page.data]
        assert len(page.data) <= limit
        more = page.has_more
        assert more == (len(seen) < len(wanted))
    assert seen == wanted


@given(size=st.integers(1, 20), limit=st.integers(1, 6), ascending=st.booleans(), data=st.data())
def test_before_gives_the_previous_page(size: int, limit: int, ascending: bool, data: st.DataObject) -> None:
    order = [f"w{n}" for n in (range(size) if ascending else range(size - 1, -1, -1))]
    at = data.draw(st.integers(0, size - 1))
    query = PageQuery(limit, ascending, before=order[at])
    page = select(collection(list(range(size))), "widgets", query, now_s=0.0)
    assert [document["id"] for document in page.data] == order[max(0, at - limit) : at]
    assert page.has_more == (at > limit)


def test_after_and_before_enclose() -> None:
    assert ids(collection([1, 2, 3, 4, 5]), after="w1", before="w4") == ["w2", "w3"]
    assert ids(collection([1, 2, 3, 4, 5]), after="w4", before="w2", ascending=False) == ["w3"]


def test_a_walk_goes_on_when_other_objects_are_deleted() -> None:
    records = collection(list(range(6)))
    first = ids(records, limit=3)
    for id in ("w0", "w1", "w3"):
        records.remove(id)
    assert ids(records, limit=3, after=first[-1]) == ["w4", "w5"]


@pytest.mark.parametrize("cursor", ["after", "before"])
def test_a_deleted_cursor_is_not_found(cursor: str) -> None:
    records = collection([1, 2])
    records.remove("w1")
    with pytest.raises(NotFound, match=r"No widget found with id 'w1'\.") as caught:
        ids(records, **{cursor: "w1"})
    assert caught.value.param == cursor


def test_limit_zero_is_an_empty_page_with_more() -> None:
    page = select(collection([1]), "widgets", PageQuery(0, True), now_s=0.0)
    assert (page.data, page.has_more) == ([], True)


@pytest.mark.parametrize(
    ("where", "is_match"),
    [
        ({}, True),
        ({"model": "m"}, True),
        ({"model": "other"}, False),
        ({"missing": "m"}, False),
        ({"model": ["a", "m"]}, True),
        ({"model": ["a"]}, False),
        ({"metadata": {"k": "v"}}, True),
        ({"metadata": {"k": "v", "x": "y"}}, False),
        ({"model": {"k": "v"}}, False),
        ({"model": "m", "metadata": {"k": "w"}}, False),
    ],
)
def test_filters(where: dict[str, Any], is_match: bool) -> None:
    assert matches({"model": "m", "metadata": {"k": "v", "other": "1"}}, where) == is_match


def test_a_page_costs_its_limit_not_the_collection(monkeypatch: pytest.MonkeyPatch) -> None:
    reads = 0
    original = Record.document

    def counted(self: Record, now_s: float) -> dict[str, Any]:
        nonlocal reads
        reads += 1
        return original(self, now_s)

    monkeypatch.setattr(Record, "document", counted)
    ids(collection(list(range(1000))), limit=10, after="w500")
    assert reads <= 11
