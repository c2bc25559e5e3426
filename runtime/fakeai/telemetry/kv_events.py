"""Publishes KV events over ZeroMQ as vLLM does, with replay. Source: vLLM 0.33, distributed/kv_events.py.

Needs the extra `kv-events`, and imports it only here and only when a publisher starts.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from queue import Empty, Full, Queue
from threading import Thread
from typing import Any, Literal

from fakeai.core.kv_events import AllBlocksCleared, BlockRemoved, BlockStored, KvEvent, KvEventBatch

Encoding = Literal["map", "array"]
"""map: vLLM since 0.33 and SGLang; array: vLLM before, and consumers of that time."""
HashForm = Literal["bytes", "uint64", "int64"]
"""bytes: 32 of them. uint64: the lower 64 bits (vLLM's integers). int64: the upper 64, signed (SGLang's)."""

END = (-1).to_bytes(8, "big", signed=True)
"""Sequence number that ends a replay."""
_POLL_S = 0.05
_MAX_WAITING = 100_000
_log = logging.getLogger(__name__)


class KvEventPublisher:
    """PUB and ROUTER sockets on a thread of their own: `publish` never waits.

    topic: "" as vLLM's default, or kv@<pod>@<model> for llm-d. since: the batches from a number on, for replay.
    endpoint, replay_endpoint: of rank 0; others add their rank to the port, or _dp<rank> to an inproc name. Those with
    a wildcard, ipc and inproc are bound, others connected to, by vLLM's rule.
    """

    def __init__(
        self,
        since: Callable[[int], Iterable[KvEventBatch]],
        *,
        endpoint: str = "tcp://*:5557",
        replay_endpoint: str | None = None,
        topic: str = "",
        encoding: Encoding = "map",
        hash_form: HashForm = "bytes",
        rank: int = 0,
    ) -> None:
        """Raises ImportError without the extra, ValueError if an endpoint cannot take a rank, OSError if it cannot
        be used."""
        import zmq

        endpoint = ranked(endpoint, rank)
        replay_endpoint = ranked(replay_endpoint, rank) if replay_endpoint else ""
        self._since = since
        self._topic = topic.encode()
        self._encoding = encoding
        self._hash_form = hash_form
        self._queue: Queue[KvEventBatch | None] = Queue(_MAX_WAITING)
        self._context = zmq.Context()
        self._pub = self._context.socket(zmq.PUB)
        self._pub.set_hwm(_MAX_WAITING)
        self._router = self._context.socket(zmq.ROUTER) if replay_endpoint else None
        try:
            _open(self._pub, endpoint)
            if self._router is not None:
                self._router.bind(replay_endpoint)
        except zmq.ZMQError as error:
            self._context.destroy(linger=0)
            raise OSError(f"{endpoint}: {error}") from error
        self._thread = Thread(target=self._run, name=f"kv-events-{rank}", daemon=True)
        self._thread.start()

    def publish(self, batch: KvEventBatch) -> None:
        """A batch that does not fit in the queue is dropped; subscribers see the gap and can ask for it again."""
        try:
            self._queue.put_nowait(batch)
        except Full:
            _log.warning("KV events: batch %d dropped, %d are waiting", batch.seq, _MAX_WAITING)

    def close(self) -> None:
        """Returns when all that was published has been handed to the sockets."""
        self._queue.put(None)
        self._thread.join()
        self._context.destroy(linger=1000)

    def _run(self) -> None:
        while True:
            if self._router is not None and self._router.poll(0):
                self._replay(self._router)
            try:
                batch = self._queue.get(timeout=_POLL_S)
            except Empty:
                continue
            if batch is None:
                return
            self._pub.send_multipart((self._topic, _number(batch.seq), self._payload(batch)))

    def _replay(self, router: Any) -> None:
        frames = router.recv_multipart()
        if len(frames) != 3 or len(frames[2]) != 8:
            _log.warning("KV events: a replay request of %d frames is none", len(frames))
            return
        client = frames[0]
        for batch in self._since(int.from_bytes(frames[2], "big")):
            router.send_multipart((client, b"", self._topic, _number(batch.seq), self._payload(batch)))
        router.send_multipart((client, b"", b"", END, b""))

    def _payload(self, batch: KvEventBatch) -> bytes:
        return encode(batch, self._encoding, self._hash_form)


def encode(batch: KvEventBatch, encoding: Encoding, hash_form: HashForm) -> bytes:
    import msgspec

    external = HASH_FORMS[hash_form]
    described = [fields for event in batch.events for fields in _as_maps(event, external)]
    events = described if encoding == "map" else [_as_array(fields) for fields in described]
    return msgspec.msgpack.encode([batch.at_s, events, batch.rank])


def _as_maps(event: KvEvent, external: Callable[[int], bytes | int]) -> Iterator[dict[str, Any]]:
    if isinstance(event, AllBlocksCleared):
        yield {"type": "AllBlocksCleared"}
    elif isinstance(event, BlockRemoved):
        for block_hash in event.hashes:
            hashes = [external(block_hash)]
            yield {"type": "BlockRemoved", "block_hashes": hashes, "medium": event.medium, "group_idx": 0}
    else:
        yield _stored(event, external)


def _stored(event: BlockStored, external: Callable[[int], bytes | int]) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "type": "BlockStored",
        "block_hashes": [external(block_hash) for block_hash in event.hashes],
        "parent_block_hash": None if event.parent is None else external(event.parent),
        "token_ids": list(event.tokens),
        "block_size": event.block_size,
        "lora_id": None,
        "medium": event.medium,
        "lora_name": event.adapter,
    }
    if event.extra_keys is not None:
        fields["extra_keys"] = [keys and [_untagged(key) for key in keys] for keys in event.extra_keys]
    return {**fields, "group_idx": 0}


def _as_array(fields: dict[str, Any]) -> list[Any]:
    """Class name and fields in order, with the optional ones in their places."""
    names = ARRAY_FIELDS[fields["type"]]
    return [fields["type"], *(fields.get(name) for name in names)]


def _untagged(key: Sequence[str | int]) -> Any:
    """("lora", name, path) → name; ("mm", identifier, offset) → the two; ("cache_salt", salt) → salt."""
    return list(key[1:]) if key[0] == "mm" else key[1]


def ranked(endpoint: str, rank: int) -> str:
    if not rank:
        return endpoint
    if endpoint.startswith("inproc"):
        return f"{endpoint}_dp{rank}"
    base, _, port = endpoint.rpartition(":")
    if not endpoint.startswith("tcp") or not port.isdigit():
        raise ValueError(f"{endpoint} has no port to which a rank can be added")
    return f"{base}:{int(port) + rank}"


def _open(socket: Any, endpoint: str) -> None:
    if "*" in endpoint or "::" in endpoint or endpoint.startswith(("ipc://", "inproc://")):
        socket.bind(endpoint)
    else:
        socket.connect(endpoint)


def _number(seq: int) -> bytes:
    return seq.to_bytes(8, "big")


_MASK = (1 << 64) - 1


def _signed(block_hash: int) -> int:
    upper = block_hash >> 192 if block_hash > _MASK else block_hash
    return upper - (1 << 64) if upper >> 63 else upper


HASH_FORMS: dict[str, Callable[[int], bytes | int]] = {
    "bytes": lambda block_hash: block_hash.to_bytes(32, "big"),
    "uint64": lambda block_hash: block_hash & _MASK,
    "int64": _signed,
}

ARRAY_FIELDS: dict[str, Sequence[str]] = {
    "BlockStored": (
        "block_hashes",
        "parent_block_hash",
        "token_ids",
        "block_size",
        "lora_id",
        "medium",
        "lora_name",
        "extra_keys",
    ),
    "BlockRemoved": ("block_hashes", "medium"),
    "AllBlocksCleared": (),
}
