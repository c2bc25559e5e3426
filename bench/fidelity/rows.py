"""Measured rows: a CSV of tables and benchmarks, one value a line."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

METRICS = ("output_tok_s_total", "itl_ms", "ttft_ms")
FIT_QUALITY = ("A", "B")
FOLDS = 4
"""Parts of the (model, GPU) pairs, and of the configurations: each is predicted by a fit on the other parts."""


@dataclass(frozen=True, slots=True)
class Row:
    number: int
    """Line in the file without its header, from 1."""
    source: str
    model: str
    gpu: str
    num_gpus: int
    tp: int
    pp: int
    ep: int
    dp_attention: bool
    precision: str
    framework: str
    isl: int
    osl: int
    concurrency: int | None
    request_rate: float | None
    metric: str
    value: float
    quality: str

    @property
    def engine(self) -> str:
        """Of the three that are modelled; others run on one of them."""
        name = self.framework.split("-")[0].lower()
        inner = self.framework.lower()
        if name in ("vllm", "sglang", "trtllm"):
            return name
        return "vllm" if "vllm" in inner or self.gpu.upper().startswith("MI") else "trtllm"

    @property
    def shortest(self) -> float:
        """Lengths are even between this share of the stated one and all of it: InferenceX, whose grid of lengths is
        that of 1,024 and 8,192, draws them so (its benchmark's random range ratio of 0.8); others are as stated."""
        grid = (1024, 8192)
        return 0.8 if self.concurrency and self.isl in grid and self.osl in grid else 1.0

    @property
    def meets(self) -> float:
        """Share of the others' prompts that a sequence decodes alongside. Lengths that vary spread the requests evenly;
        equal lengths keep them in step, so that a part of the prompts is read while nobody speaks."""
        return 1.0 if self.shortest < 1.0 or not self.concurrency else 0.75

    @property
    def pair(self) -> tuple[str, str]:
        return (self.model, self.gpu)

    @property
    def combination(self) -> tuple[str, str, str, str, int]:
        return (self.engine, self.model, self.gpu, self.precision, self.tp)

    @property
    def configuration(self) -> tuple[object, ...]:
        """Rows of one run differ in the metric only."""
        return (
            self.combination, self.framework, self.num_gpus, self.pp, self.ep, self.dp_attention,
            self.isl, self.osl, self.concurrency, self.request_rate,
        )  # fmt: skip

    @property
    def pair_fold(self) -> int:
        return int(unit_hash("pair", *self.pair) * FOLDS)

    @property
    def row_fold(self) -> int:
        return int(unit_hash("row", *self.configuration) * FOLDS)


def unit_hash(*parts: object) -> float:
    """Uniform in [0, 1), equal everywhere and forever: the split does not depend on the rows that are there."""
    digest = blake2b(repr(parts).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") / 2**64


def read_rows(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(_rows(csv.DictReader(file)))


def _rows(reader: "csv.DictReader[str]") -> Iterator[Row]:
    for number, cells in enumerate(reader, start=1):
        if cells["metric"] in METRICS and cells["value"]:
            yield _row(number, cells)


def _row(number: int, cells: dict[str, str]) -> Row:
    def whole(name: str, missing: int = 1) -> int:
        return int(float(cells.get(name) or missing))

    return Row(
        number=number,
        source=cells.get("source", ""),
        model=cells["model"],
        gpu=cells["gpu"],
        num_gpus=whole("num_gpus"),
        tp=whole("tp"),
        pp=whole("pp"),
        ep=whole("ep"),
        dp_attention=cells.get("dp_attention", "").lower() in ("yes", "true", "1"),
        precision=cells["precision"],
        framework=cells["framework"],
        isl=whole("isl"),
        osl=whole("osl"),
        concurrency=whole("concurrency_or_batch", 0) or None,
        request_rate=float(cells.get("request_rate") or 0) or None,
        metric=cells["metric"],
        value=float(cells["value"]),
        quality=cells.get("quality", ""),
    )
