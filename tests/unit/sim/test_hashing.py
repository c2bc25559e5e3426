"""Golden digests of tokens 0..47 in blocks of 16, computed with CPython's pickle and cbor2; and what chains mean."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeai.sim import cbor
from fakeai.sim.hashing import ALGORITHMS, MediaItem, TokenHashes, TraceHashes, unique

pytestmark = [pytest.mark.unit, pytest.mark.sim]

PICKLED = [
    "fe8fa5dda3210d0ca2031e37cbe3b001186773cd1c710beb2d45fcb51d434798",
    "8be7aaa33831156d316f1f463ae57e643deb63f42e633e2d631df88815cc4629",
    "9d537f74907f6ada2b6cccb46b9845df2ebdbaf60c73d8679cf1da81b15b302c",
]
CBOR = [
    "dc918a88b139e5afe60b88eda27508d4aee16c10fdc354791efea06206ac0749",
    "c300ec275d7bf08af8fc63e76cdc0086911bbc7091e03c5cf892553bef84ef0c",
    "117dad852830e0103c12d7c7f8b7cf58434ea8751d1f42ee07b1c93711e4da6c",
]
CBOR_SEED_0 = [
    "d830de3d42c00f25a2949b5d12d98642664a44872c1614c5b0147556276afc9c",
    "fedd9e4abebebbe6f6cf96b682f08d316063fe2f22a5c552192dd62904fcccac",
    "ee4c34c217da17ac84268f864db16efed5fcefe10fcc4a9625a719adc68e654f",
]


def digests(hashes: TokenHashes, blocks: int = 3) -> list[str]:
    return [f"{block_hash:064x}" for block_hash in hashes.first(blocks)]


def test_golden_digests() -> None:
    tokens = range(48)
    assert digests(TokenHashes(tokens, 16, algorithm="sha256")) == PICKLED
    assert digests(TokenHashes(tokens, 16, algorithm="sha256_cbor")) == CBOR
    assert digests(TokenHashes(tokens, 16, algorithm="sha256_cbor", seed="0")) == CBOR_SEED_0


@pytest.mark.parametrize(
    ("algorithm", "seed", "root"),
    [
        ("sha256", "vllm-none-hash", "066b1e8987e027138e98701c46128929378935f9b6cd1549105ae6b4f0d71198"),
        ("sha256_cbor", "vllm-none-hash", "9bd96a485ad84efdafb72ee48a1d7a69bcead0f8f0433173941b276b9581eef0"),
        ("sha256_cbor", "0", "4e1195df020de59e0d65a33a4279f1183e7ae4e5d980e309f8b55adff2e61c3e"),
    ],
)
def test_golden_roots(algorithm: str, seed: str, root: str) -> None:
    assert f"{ALGORITHMS[algorithm].root(seed):064x}" == root


def test_golden_extra_keys() -> None:
    salted = "b74b8848c4b44dc0baf43d1135dd783777a8016db0e723a361860f8df659b6e4"
    assert digests(TokenHashes(range(48), 16, algorithm="sha256", salt="s1"), 1) == [salted]
    salted = "37a188ca0f395fb17edb7613ec9f0f06e16dd32556cf8209ea1772c6a9134909"
    assert digests(TokenHashes(range(48), 16, algorithm="sha256_cbor", salt="s1"), 1) == [salted]
    adapted = "abe5acb9025ad1bbd54d2a113ebc4551f4720a44c966ede03d0a90dcfd9de289"
    assert digests(TokenHashes(range(48), 16, algorithm="sha256", adapter=("ad1", "/p/ad1")), 1) == [adapted]


def test_lower_64_bits() -> None:
    lower = [block_hash & (1 << 64) - 1 for block_hash in TokenHashes(range(48), 16, algorithm="sha256_cbor").first(3)]
    assert lower == [2233398808101521225, 17911472383915781900, 554445467503876716]


@pytest.mark.parametrize(
    ("value", "hexadecimal"),
    [
        (None, "f6"),
        (23, "17"),
        (24, "1818"),
        (255, "18ff"),
        (256, "190100"),
        (65_535, "19ffff"),
        (65_536, "1a00010000"),
        (1 << 32, "1b0000000100000000"),
        (-5, "24"),
        (-25, "3818"),
        (b"\x01", "4101"),
        ("ü", "62c3bc"),
        ((1, (2,)), "82018102"),
    ],
)
def test_cbor(value: object, hexadecimal: str) -> None:
    assert cbor.encode(value).hex() == hexadecimal


@given(st.lists(st.integers(-(1 << 64), (1 << 64) - 1)))
def test_cbor_of_many_integers(values: list[int]) -> None:
    assert cbor.integers(tuple(values)) == cbor.encode(tuple(values))


def test_order_of_extra_keys() -> None:
    hashes = TokenHashes(range(32), 16, salt="s", adapter=("a", "/a"), media=[MediaItem("m", 4, 20)])
    assert hashes.extra_keys(0) == (("lora", "a", "/a"), ("mm", "m", 4), ("cache_salt", "s"))
    assert hashes.extra_keys(1) == (("lora", "a", "/a"), ("mm", "m", -12))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_part_of_the_identity_counts(algorithm: str) -> None:
    plain: dict[str, object] = {"tokens": range(32), "block_size": 16, "algorithm": algorithm}
    variants: list[dict[str, object]] = [
        {},
        {"salt": "a"},
        {"salt": "b"},
        {"adapter": ("a", "")},
        {"adapter": ("b", "")},
        {"media": [MediaItem("a", 0, 1)]},
        {"media": [MediaItem("a", 1, 1)]},
        {"tokens": [99, *range(1, 32)]},
        {"seed": "other"},
    ]
    chains = [TokenHashes(**{**plain, **variant}).first(2) for variant in variants]  # type: ignore[arg-type]
    assert len({chain[1] for chain in chains}) == len(variants)


@given(st.lists(st.integers(0, 300_000), max_size=80), st.integers(1, 20), st.lists(st.integers(0, 9), max_size=9))
def test_asking_little_by_little_gives_the_same(tokens: list[int], size: int, asked: list[int]) -> None:
    whole, parts = TokenHashes(tokens, size), TokenHashes(tokens[: len(tokens) // 2], size)
    for blocks in asked:
        assert list(parts.first(blocks)) == list(whole.first(min(blocks, len(tokens) // 2 // size)))
    parts.extend(tokens[len(tokens) // 2 :])
    assert list(parts.first(1000)) == list(whole.first(1000))
    assert len(whole.first(1000)) == len(tokens) // size


def test_every_process_agrees() -> None:
    program = (
        "from fakeai.sim.hashing import *\n"
        "print(*TokenHashes(range(32), 16, salt='t', adapter=('a', '')).first(2), *unique(7, 32, 16).first(2))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONPATH": ":".join(sys.path), "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    here = *TokenHashes(range(32), 16, salt="t", adapter=("a", "")).first(2), *unique(7, 32, 16).first(2)
    assert outputs == {" ".join(map(str, here)) + "\n"}


def common(one: TraceHashes, other: TraceHashes) -> int:
    pairs = zip(one.first(1000), other.first(1000), strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(one.first(1000)), len(other.first(1000))))


def test_traces_share_what_their_ids_say() -> None:
    one = TraceHashes([1, 2, 3], 512, 1200, 1300, 1, 16)
    assert len(one.first(1000)) == 1300 // 16
    assert common(one, TraceHashes([1, 2, 4], 512, 1200, 1300, 2, 16)) == 64
    assert common(one, TraceHashes([1, 2, 3], 512, 1200, 1300, 2, 16)) == 1200 // 16
    assert common(one, TraceHashes([1, 2, 3], 512, 1200, 1300, 1, 16)) == 1300 // 16
    assert common(one, TraceHashes([1, 2, 3], 512, 1200, 1300, 1, 16, salt="t")) == 0
    assert common(one, TraceHashes([5, 2, 3], 512, 1200, 1300, 1, 16)) == 0


def test_blocks_that_lie_across_two_ids_depend_on_both() -> None:
    one = TraceHashes([1, 2], 10, 20, 20, 1, 6)
    assert common(one, TraceHashes([1, 3], 10, 20, 20, 1, 6)) == 1


def test_unique_sequences_share_nothing() -> None:
    assert common(unique(1, 160, 16), unique(2, 160, 16)) == 0
    assert common(unique(1, 160, 16), unique(1, 320, 16)) == 10
