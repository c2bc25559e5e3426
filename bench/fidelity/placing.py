"""The deployment behind a measured row, and the hardware and models it is looked up in."""

import dataclasses
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from bench.fidelity.rows import Row
from fakeai.core.catalog import Catalog
from fakeai.core.efficiency import ChipEfficiency, EngineOverhead
from fakeai.core.hardware import Dtype
from fakeai.core.hardware_catalog import Hardware
from fakeai.core.specs import ModelSpec
from fakeai.sim.deployment import Deployment, EngineName
from fakeai_api import catalog, hardware

MAX_SEQS = {"trtllm": 2048, "vllm": 1024, "sglang": 1024}
"""trtllm-bench's default; the others as benchmarks set them, never below the concurrency."""
STEP_TOKENS = {"trtllm": 8192, "vllm": 8192, "sglang": 8192}
_DTYPES: dict[str, Dtype] = {"fp16": "bf16", "mxfp4": "fp4", "nvfp4": "fp4", "bfloat16": "bf16", "float16": "bf16"}


class Unplaced(Exception):
    """One line: why a row cannot be simulated."""


@cache
def built_in(calibrated: bool = True) -> Hardware:
    return Hardware(
        hardware.GPUS.values(),
        hardware.LINKS.values(),
        hardware.CHIPS.values(),
        hardware.ENGINES.values(),
        hardware.PROFILES if calibrated else (),
    )


@cache
def beginning() -> tuple[Hardware, dict[str, dict[str, Any]]]:
    """Hardware with the coefficients that the fit starts from, and what architectures have that differs from them."""
    document = yaml.safe_load((Path(__file__).parent / "start.yaml").read_text(encoding="utf-8"))
    chips: list[dict[str, Any]] = document["chips"]
    made = Hardware(
        hardware.GPUS.values(),
        hardware.LINKS.values(),
        [ChipEfficiency(**chips[0])],
        [EngineOverhead(**row) for row in document["engines"]],
    )
    return made, {row["id"]: row for row in chips[1:]}


@cache
def model_named(name: str) -> ModelSpec:
    """Without regard to case. Raises Unplaced."""
    found = _models().get(name.casefold())
    if found is None or found.architecture is None:
        raise Unplaced(f"model {name}: no architecture in the catalog")
    return found


@cache
def _models() -> dict[str, ModelSpec]:
    rows = Catalog(catalog.MODELS.values()).specs()
    names = {alias.casefold(): row for row in rows for alias in row.aliases}
    return names | {row.id.casefold(): row for row in rows}


def deployment_of(row: Row, chips: Hardware) -> Deployment:
    """Raises Unplaced or UnknownHardware.

    KV is FP8 under TensorRT-LLM's FP8 and FP4 checkpoints (their quantisation config says so), else 16-bit. Where tp
    is the square of ep the table has multiplied tensor ranks by expert ranks, which are the same chips: there are rows
    of one run under both countings. Attention data parallelism gives each tensor rank whole attention layers and a
    cache of its own.
    """
    weights = _dtype(row.precision)
    engine: EngineName = row.engine  # type: ignore[assignment]
    tp = row.ep if row.ep > 1 and row.tp == row.ep**2 else row.tp
    dp = tp if row.dp_attention else 1
    made = Deployment(
        model=model_named(row.model),
        gpu=chips.gpu(row.gpu),
        tp=tp // dp,
        pp=row.pp,
        dp=dp,
        ep=max(1, row.ep),
        engine=engine,
        weights=weights,
        kv="fp8" if engine == "trtllm" and weights in ("fp8", "fp4") else "bf16",
        max_num_seqs=max(MAX_SEQS[engine], row.concurrency or 0),
        max_num_batched_tokens=STEP_TOKENS[engine],
        gpu_memory_utilization=0.9,
    )
    return dataclasses.replace(made, block_size=32) if engine == "trtllm" else made


def _dtype(precision: str) -> Dtype:
    name = precision.lower()
    dtype: Dtype = _DTYPES.get(name, name)  # type: ignore[arg-type]
    if dtype not in ("bf16", "fp8", "fp4", "int8", "int4"):
        raise Unplaced(f"precision {precision}: not modelled")
    return dtype
