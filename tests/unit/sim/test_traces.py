"""Readers of traces: good files, each kind of bad row, and what rows share."""

import json
from math import inf
from pathlib import Path
from typing import Any

import pytest

from fakeai.sim.request import SimRequest
from fakeai.sim.source import Arrival
from fakeai.sim.traces import MAX_LINE_BYTES, Reading, Trace, TraceError

pytestmark = [pytest.mark.unit, pytest.mark.sim]
HEADER = "TIMESTAMP,ContextTokens,GeneratedTokens\n"
AZURE = HEADER + "2023-11-16 18:15:46.6805900,374,44\r\n2023-11-16 18:15:50.9951690,396,109\r\n"
OWN = {"at_s": 0, "prompt_tokens": 100, "output_tokens": 5}


def mooncake(timestamp: float = 0, **fields: Any) -> dict[str, Any]:
    return {"timestamp": timestamp, "input_length": 600, "output_length": 3, "hash_ids": [1, 2]} | fields


def lines(*rows: Any) -> str:
    return "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)


def trace(tmp_path: Path, content: str | bytes, block_size: int = 16, **reading: Any) -> Trace:
    path = tmp_path / "t"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return Trace(path, 1, 0, block_size, Reading(**reading))


def arrivals(read: Trace) -> list[Arrival]:
    found = []
    while read.next_s < inf:
        found.append(read.take())
    read.close()
    return found


def requests(tmp_path: Path, content: str, **reading: Any) -> list[SimRequest]:
    return [arrival.request for arrival in arrivals(trace(tmp_path, content, **reading))]


def shared_tokens(one: SimRequest, other: SimRequest, block_size: int = 16) -> int:
    blocks = min(one.prompt_tokens, other.prompt_tokens) // block_size
    both = zip(one.hashes.first(blocks), other.hashes.first(blocks), strict=True)
    return block_size * next((index for index, (mine, theirs) in enumerate(both) if mine != theirs), blocks)


def test_hash_ids_of_the_own_format_say_what_answers_share(tmp_path: Path) -> None:
    one = OWN | {"prompt_tokens": 32, "output_tokens": 40, "block_tokens": 16, "hash_ids": [1, 2, 3, 4]}
    turn = one | {"prompt_tokens": 80, "hash_ids": [1, 2, 3, 9, 8]}
    first, second = requests(tmp_path, lines(one, turn))
    blocks = [list(request.hashes.first(4)) for request in (first, second)]
    assert blocks[0][:3] == blocks[1][:3]
    assert blocks[0][3] != blocks[1][3]
    coarse, fine = (
        requests(tmp_path, lines(turn, turn), block_size=32),
        requests(tmp_path, lines(turn, turn), block_size=8),
    )
    assert shared_tokens(*coarse, block_size=32) == 64
    assert shared_tokens(*fine, block_size=8) == 80


@pytest.mark.parametrize("content", [AZURE, "\ufeff" + AZURE, AZURE + "\n\n", AZURE.rstrip()])
def test_azure(tmp_path: Path, content: str) -> None:
    read = requests(tmp_path, content)
    assert [request.arrival_s for request in read] == pytest.approx([0, 4.314579], abs=1e-6)
    assert [(request.prompt_tokens, request.output_tokens) for request in read] == [(374, 44), (396, 109)]
    assert shared_tokens(*read) == 0


def test_azure_without_its_header(tmp_path: Path) -> None:
    assert len(requests(tmp_path, AZURE.removeprefix(HEADER), format="azure")) == 2


def test_mooncake_prompts_share_what_their_hash_ids_share(tmp_path: Path) -> None:
    rows = mooncake(), mooncake(250, hash_ids=[1, 3]), mooncake(500, input_length=1000), mooncake(750, hash_ids=[4, 5])
    read = requests(tmp_path, lines(*rows))
    assert [request.arrival_s for request in read] == [0, 0.25, 0.5, 0.75]
    assert shared_tokens(read[0], read[1]) == 512
    assert shared_tokens(read[0], read[2]) == 592
    assert shared_tokens(read[0], read[3]) == 0


def test_answers_of_a_trace_are_the_requests_own(tmp_path: Path) -> None:
    read = requests(tmp_path, lines(mooncake(), mooncake(output_length=99)))
    first, second = (list(request.hashes.first(40)) for request in read)
    assert first[:37] == second[:37]
    assert set(first[37:]).isdisjoint(second[37:])


def test_own_format_with_lengths(tmp_path: Path) -> None:
    full = {
        **{"timestamp_ms": 1500, "prompt_tokens": 64, "output_tokens": 0, "session": "s", "priority": 2},
        **{"tenant": "t", "model": "m", "adapter": "a", "max_tokens": 7, "cancel_at_s": 2.5},
    }
    read = arrivals(trace(tmp_path, lines({**full, "timestamp_ms": 500}, {**full, "tenant": None})))
    request, cancel_at_s = read[0]
    assert (request.arrival_s, request.prompt_tokens, request.output_tokens) == (0, 64, 0)
    assert (request.session, request.priority, request.tenant, request.model) == ("s", 2, "t", "m")
    assert (request.adapter, request.max_tokens, cancel_at_s) == ("a", 7, 2.0)
    assert read[1].request.arrival_s == 1.0
    assert read[1].request.tenant == ""


def test_rows_of_a_session_go_on_with_it(tmp_path: Path) -> None:
    session = {**OWN, "session": "x"}
    rows = session, {**session, "prompt_tokens": 205}, {**OWN, "session": "y"}, {**session, "tenant": "other"}, OWN, OWN
    read = requests(tmp_path, lines(*rows))
    assert shared_tokens(read[0], read[1]) == 96
    assert [shared_tokens(read[0], other) for other in read[2:]] == [0, 0, 0, 0]
    assert shared_tokens(read[4], read[5]) == 0


def test_rows_with_a_prefix_share_it(tmp_path: Path) -> None:
    row = {**OWN, "prefix": "system", "prefix_tokens": 70}
    read = requests(tmp_path, lines(row, {**row, "session": "x"}, {**row, "prefix": "other"}))
    assert shared_tokens(read[0], read[1]) == 64
    assert shared_tokens(read[0], read[2]) == 0


def test_token_ids_say_what_is_shared(tmp_path: Path) -> None:
    first = {"at_s": 0, "prompt_ids": list(range(40)), "output_ids": list(range(100, 124))}
    second = {"at_s": 1, "prompt_ids": [*range(40), *range(100, 124), 7], "output_tokens": 3}
    third = {**second, "adapter": "a"}
    read = requests(tmp_path, lines(first, second, third))
    assert (read[0].prompt_tokens, read[0].output_tokens, read[1].prompt_tokens) == (40, 24, 65)
    assert list(read[0].hashes.first(4)) == list(read[1].hashes.first(4))
    assert set(read[1].hashes.first(4)).isdisjoint(read[2].hashes.first(4))


def test_scale_and_start(tmp_path: Path) -> None:
    rows = [{**OWN, "at_s": 1000 + second} for second in range(10)]
    read = requests(tmp_path, lines(*rows), rate_scale=2.0, start_s=3.0)
    assert [request.arrival_s for request in read] == [index / 2 for index in range(7)]


def test_identities_differ_between_rows_and_traces(tmp_path: Path) -> None:
    path = tmp_path / "t"
    path.write_text(lines(OWN, OWN))
    both = [request for number in (0, 1) for request, _ in arrivals(Trace(path, 1, number, 16, Reading()))]
    assert len({request.id for request in both}) == 4
    assert len({tuple(request.hashes.first(6)) for request in both}) == 4


BAD_AZURE = [
    ("2023-11-16 18:15:51.0,1", "expected TIMESTAMP,ContextTokens,GeneratedTokens, got 2 cells"),
    ("yesterday,1,1", "TIMESTAMP: expected such as 2023-11-16 18:15:46.6805900, got 'yesterday'"),
    ("2023-11-16 18:15:51.x,1,1", "TIMESTAMP: expected"),
    ("2023-11-16 18:15:51.0,many,1", "ContextTokens: expected a whole number, got 'many'"),
    ("2023-11-16 18:15:51.0,0,1", "ContextTokens: expected a whole number of at least 1, got 0"),
    ("2023-11-16 18:15:51.0,5,-1", "GeneratedTokens: expected a whole number of at least 0, got -1"),
    ("2023-11-16 18:15:40.0,5,1", "time goes back by 10.9"),
]
BAD_MOONCAKE = [
    ('{"timestamp": 0,', "not valid JSON"),
    ("[1]", "expected a JSON object"),
    (mooncake(timestamp="now"), "timestamp: expected a number, got 'now'"),
    ({"timestamp": 0, "output_length": 3, "hash_ids": [1]}, "input_length is missing"),
    (mooncake(output_length=True), "output_length: expected a whole number"),
    (mooncake(hash_ids=[1]), "hash_ids: 1 blocks of 512 are fewer than input_length says"),
    (mooncake(hash_ids=["a", "b"]), "hash_ids: expected a list of whole numbers"),
]
BAD_OWN = [
    ({"prompt_tokens": 3, "output_tokens": 3}, "expected one of at_s and timestamp_ms"),
    ({**OWN, "timestamp_ms": 3}, "expected one of at_s and timestamp_ms"),
    ({"at_s": 0, "prompt_tokens": 3}, "output_tokens is missing"),
    ({"at_s": 0, "output_tokens": 3}, "prompt_tokens is missing"),
    ({**OWN, "prompt_tokens": 1.5}, "prompt_tokens: expected a whole number of at least 1, got 1.5"),
    ({**OWN, "propmt_tokens": 1}, "unknown field 'propmt_tokens'"),
    ({**OWN, "prompt_ids": [1, 2]}, "prompt_tokens: 100, but there are 2 prompt_ids"),
    ({"at_s": 0, "prompt_ids": [], "output_tokens": 1}, "prompt_ids: expected a whole number of at least 1, got 0"),
    ({"at_s": 0, "prompt_tokens": 4, "output_ids": [1]}, "output_ids without prompt_ids"),
    ({"at_s": 0, "prompt_ids": [1], "output_ids": [1], "prefix": "p", "prefix_tokens": 1}, "prefix besides prompt_ids"),
    (OWN | {"hash_ids": [1], "block_tokens": 0}, "block_tokens: expected a whole number of at least 1"),
    (OWN | {"block_tokens": 16}, "hash_ids and block_tokens need each other"),
    (OWN | {"hash_ids": [1], "block_tokens": 16, "prefix": "p", "prefix_tokens": 1}, "hash_ids besides prompt_ids or"),
    ({**OWN, "session": 3}, "session: expected text, got 3"),
    ({**OWN, "priority": "high"}, "priority: expected a whole number"),
    ({**OWN, "max_tokens": 0}, "max_tokens: expected a whole number of at least 1, got 0"),
    ({**OWN, "prefix": "p"}, "prefix and prefix_tokens need each other"),
    ({**OWN, "prefix": "p", "prefix_tokens": 101}, "prefix_tokens: more than the prompt has"),
    ({**OWN, "cancel_at_s": -1}, "cancel_at_s: is before the request"),
]
BAD = [
    *((AZURE, 4, row, said) for row, said in BAD_AZURE),
    *((lines(mooncake(), mooncake()), 3, row, said) for row, said in BAD_MOONCAKE),
    *((lines(OWN, OWN), 3, row, said) for row, said in BAD_OWN),
]


@pytest.mark.parametrize(("good", "line", "row", "said"), BAD)
def test_a_bad_row_is_told_with_file_and_line(good: str, line: int, row: Any, said: str, tmp_path: Path) -> None:
    with pytest.raises(TraceError) as error:
        requests(tmp_path, good + lines(row))
    assert str(error.value).startswith(f"{tmp_path / 't'}:{line}: ")
    assert said in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(("good", "line", "row", "said"), BAD)
def test_a_bad_row_can_be_skipped(good: str, line: int, row: Any, said: str, tmp_path: Path) -> None:
    read = trace(tmp_path, good + lines(row) + good.splitlines()[-1], skip_bad=True)
    assert len(arrivals(read)) == 3
    assert (read.skipped, read.progress) == (1, 1)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "no requests in it"),
        (HEADER, "no requests in it"),
        ("hello\n", ":1: neither a JSON object nor the header"),
        (b"\xff\xfe\x00\n", ":1: neither a JSON object nor the header"),
    ],
)
def test_a_file_that_is_no_trace(content: str | bytes, said: str, tmp_path: Path) -> None:
    with pytest.raises(TraceError, match=said):
        trace(tmp_path, content)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match="nowhere: no such file or directory"):
        Trace(tmp_path / "nowhere", 1, 0, 16, Reading())
    with pytest.raises(TraceError, match="is a directory"):
        Trace(tmp_path, 1, 0, 16, Reading())


def test_nothing_but_bad_rows(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match="no requests in it; 2 bad rows were skipped"):
        trace(tmp_path, "x\ny\n", skip_bad=True)


def test_a_line_without_end_is_not_read_whole(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match=f":1: longer than {MAX_LINE_BYTES} bytes"):
        trace(tmp_path, b"{" + b" " * MAX_LINE_BYTES)
