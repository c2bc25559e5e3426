"""KV events on the wire: vLLM's bytes, topic, sequence numbers and replay."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import zmq

from fakeai.core.kv_events import CPU, GPU, AllBlocksCleared, BlockRemoved, BlockStored, KvEventBatch
from fakeai.telemetry.kv_events import END, KvEventPublisher, encode, ranked

pytestmark = [pytest.mark.unit, pytest.mark.metrics]

SAMPLE = (
    "93cb3ff80000000000009389a474797065ab426c6f636b53746f726564ac626c6f636b5f686173686573917bb1706172656e745f626c6f636b"
    "5f68617368c0a9746f6b656e5f696473920102aa626c6f636b5f73697a6502a76c6f72615f6964c0a66d656469756da3475055a96c6f72615f"
    "6e616d65c0a967726f75705f6964780084a474797065ac426c6f636b52656d6f766564ac626c6f636b5f686173686573917ba66d656469756d"
    "a3475055a967726f75705f6964780081a474797065b0416c6c426c6f636b73436c656172656400"
)
BATCH = KvEventBatch(
    0, 1.5, (BlockStored((123,), None, (1, 2), 2, GPU), BlockRemoved((123,), GPU), AllBlocksCleared()), 0
)
RICH = BlockStored(
    (1 << 255, 2),
    (1 << 256) - 1,
    [7, 8],
    1,
    CPU,
    "ad",
    ((("lora", "ad", "/p"), ("mm", "m", -3), ("cache_salt", "s")), None),
)


def decoded(event: BlockStored, **options: Any) -> Any:
    payload = encode(KvEventBatch(0, 0.0, (event,), 0), **{"encoding": "map", "hash_form": "bytes"} | options)
    return msgspec.msgpack.decode(payload)[1][0]


def test_the_bytes_of_the_sample() -> None:
    assert encode(BATCH, "map", "uint64").hex() == SAMPLE


def test_each_removed_hash_is_an_event() -> None:
    removed = KvEventBatch(0, 0.0, (BlockRemoved((1, 2), CPU),), 0)
    events = msgspec.msgpack.decode(encode(removed, "array", "uint64"))[1]
    assert events == [["BlockRemoved", [1], "CPU"], ["BlockRemoved", [2], "CPU"]]


def test_arrays_have_the_fields_of_their_time_in_order() -> None:
    at_s, events, rank = msgspec.msgpack.decode(encode(BATCH, "array", "uint64"))
    assert (at_s, rank) == (1.5, 0)
    assert events == [
        ["BlockStored", [123], None, [1, 2], 2, None, "GPU", None, None],
        ["BlockRemoved", [123], "GPU"],
        ["AllBlocksCleared"],
    ]


def test_extra_keys_are_published_without_tags() -> None:
    fields = decoded(RICH)
    assert fields["extra_keys"] == [["ad", ["m", -3], "s"], None]
    assert (fields["lora_name"], fields["medium"]) == ("ad", "CPU")


@pytest.mark.parametrize(
    ("form", "hashes", "parent"),
    [
        ("bytes", [b"\x80" + bytes(31), bytes(31) + b"\x02"], b"\xff" * 32),
        ("uint64", [0, 2], (1 << 64) - 1),
        ("int64", [-(1 << 63), 2], -1),
    ],
)
def test_hash_forms(form: str, hashes: list[bytes | int], parent: bytes | int) -> None:
    fields = decoded(RICH, hash_form=form)
    assert (fields["block_hashes"], fields["parent_block_hash"]) == (hashes, parent)


def test_ranks_have_endpoints_of_their_own() -> None:
    assert ranked("tcp://*:5557", 0) == "tcp://*:5557"
    assert ranked("tcp://*:5557", 3) == "tcp://*:5560"
    assert ranked("inproc://events", 2) == "inproc://events_dp2"
    with pytest.raises(ValueError, match="no port"):
        ranked("ipc://events", 1)


@pytest.fixture
def context() -> Iterator[zmq.Context[Any]]:
    context = zmq.Context()
    yield context
    context.destroy(linger=0)


def batch(seq: int) -> KvEventBatch:
    return KvEventBatch(seq, float(seq), (BlockRemoved((seq,), GPU),), 1)


def test_subscribers_get_topic_number_and_payload_and_can_ask_again(context: zmq.Context[Any], tmp_path: Path) -> None:
    with context.socket(zmq.SUB) as sub, context.socket(zmq.DEALER) as dealer:
        for socket in (sub, dealer):
            socket.setsockopt(zmq.RCVTIMEO, 10_000)
        sub.subscribe(b"kv@pod@model")
        port = sub.bind_to_random_port("tcp://127.0.0.1")
        replay = f"ipc://{tmp_path}/replay"
        kept = [batch(seq) for seq in range(2, 5)]
        publisher = KvEventPublisher(
            lambda seq: [each for each in kept if each.seq >= seq],
            endpoint=f"tcp://127.0.0.1:{port}",
            replay_endpoint=replay,
            topic="kv@pod@model",
            hash_form="uint64",
        )
        try:
            heard = subscribed(sub, publisher)
            topic, number, payload = heard
            assert (topic, number) == (b"kv@pod@model", (9).to_bytes(8, "big"))
            assert msgspec.msgpack.decode(payload) == msgspec.msgpack.decode(encode(batch(9), "map", "uint64"))
            dealer.connect(replay)
            dealer.send_multipart((b"", b"no number"))
            dealer.send_multipart((b"", (3).to_bytes(8, "big")))
            replies = [dealer.recv_multipart() for _ in range(3)]
        finally:
            publisher.close()
    assert [reply[:3] for reply in replies] == [
        [b"", b"kv@pod@model", (3).to_bytes(8, "big")],
        [b"", b"kv@pod@model", (4).to_bytes(8, "big")],
        [b"", b"", END],
    ]
    assert [reply[3] for reply in replies] == [
        encode(batch(3), "map", "uint64"),
        encode(batch(4), "map", "uint64"),
        b"",
    ]


def subscribed(sub: zmq.Socket[Any], publisher: KvEventPublisher) -> list[bytes]:
    """The first message that gets through: a subscription takes a moment to arrive."""
    for _ in range(100):
        publisher.publish(batch(9))
        if sub.poll(100):
            return sub.recv_multipart()
    raise AssertionError("nothing was heard")


def test_an_endpoint_in_use_is_an_error(context: zmq.Context[Any]) -> None:
    with context.socket(zmq.PAIR) as socket:
        port = socket.bind_to_random_port("tcp://*")
        with pytest.raises(OSError, match="in use"):
            KvEventPublisher(lambda seq: (), endpoint=f"tcp://*:{port}")
