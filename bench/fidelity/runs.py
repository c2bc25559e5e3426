"""Recorded runs of vLLM, request by request: the same arrivals through the step scheduler."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.fidelity.fit import profile_key
from bench.fidelity.placing import model_named
from bench.fidelity.serving import Measured, arrivals, mean
from fakeai.core.hardware import Dtype
from fakeai.core.hardware_catalog import Hardware
from fakeai.sim.deployment import Deployment
from fakeai.sim.latency import StepModel

KV_DTYPES: dict[str, Dtype] = {"auto": "bf16", "fp8": "fp8", "fp8_e4m3": "fp8", "fp8_e5m2": "fp8"}
WEIGHT_DTYPES: dict[str, Dtype] = {"bfloat16": "bf16", "float16": "bf16", "auto": "bf16"}
QUANTISED: dict[str, Dtype] = {"fp8": "fp8", "awq": "int4", "gptq": "int4", "mxfp4": "fp4", "modelopt_fp4": "fp4"}


@dataclass(frozen=True, slots=True)
class Run:
    name: str
    deployment: Deployment
    load: list[tuple[float, int, int]]
    """(arrival_s, prompt tokens, output tokens), from the first arrival on."""
    measured: Measured
    """TTFT from arrival at the engine to the first token."""


def read_runs(folder: Path, chips: Hardware) -> Iterator[Run]:
    """Raises Unplaced or UnknownHardware."""
    for path in sorted(folder.glob("*.meta.json")):
        name = path.name.removesuffix(".meta.json")
        meta = json.loads(path.read_text(encoding="utf-8"))
        config = json.loads((folder / f"{name}.simconfig.json").read_text(encoding="utf-8"))
        lines = (folder / f"{name}.requests.jsonl").read_text(encoding="utf-8").splitlines()
        load, measured = _requests([json.loads(line) for line in lines if line.strip()])
        yield Run(name, _deployment(meta["engine_kwargs"], config, chips), load, measured)


def _requests(entries: list[dict[str, Any]]) -> tuple[list[tuple[float, int, int]], Measured]:
    """Arrivals are stamped by one clock and the rest by another: the least wait of a request is taken to be none."""
    offset_s = min(entry["queued_ts"] - entry["arrival_time"] for entry in entries)
    entries = sorted(entries, key=lambda entry: float(entry["arrival_time"]))
    start_s = entries[0]["arrival_time"] + offset_s
    arrived = [entry["arrival_time"] + offset_s for entry in entries]
    load = [
        (at_s - start_s, entry["input_toks"], entry["output_toks"])
        for at_s, entry in zip(arrived, entries, strict=True)
    ]
    ttft_s = [entry["first_token_ts"] - at_s for at_s, entry in zip(arrived, entries, strict=True)]
    tpot_s = [
        (entry["last_token_ts"] - entry["first_token_ts"]) / (entry["output_toks"] - 1)
        for entry in entries
        if entry["output_toks"] > 1
    ]
    return load, Measured(ttft_s, tpot_s)


def _deployment(engine: dict[str, Any], config: dict[str, Any], chips: Hardware) -> Deployment:
    instance = config["nodes"][0]["instances"][0]
    tp, dp = int(engine.get("tensor_parallel_size") or 1), int(engine.get("data_parallel_size") or 1)
    quantised = QUANTISED.get(str(engine.get("quantization") or "").lower())
    length = engine.get("max_model_len")
    return Deployment(
        model=model_named(engine["model"]),
        gpu=chips.gpu(instance["hardware"]),
        tp=tp,
        dp=dp,
        pp=int(engine.get("pipeline_parallel_size") or 1),
        ep=tp * dp if engine.get("enable_expert_parallel") else 1,
        engine="vllm",
        weights=quantised or WEIGHT_DTYPES.get(str(engine.get("dtype")), "bf16"),
        kv=KV_DTYPES.get(str(engine.get("kv_cache_dtype")), "bf16"),
        max_num_seqs=int(engine.get("max_num_seqs") or 256),
        max_num_batched_tokens=int(engine.get("max_num_batched_tokens") or 8192),
        gpu_memory_utilization=float(instance.get("npu_mem", {}).get("mem_util") or 0.9),
        max_model_len=int(length) if length else None,
    )


def replay(run: Run, chips: Hardware) -> Measured:
    """As the engine's own clock sees it: without the way from client to scheduler. Raises DoesNotFit."""
    profile = chips.profile(*profile_key(run.deployment)) if run.deployment.dp == 1 else None
    step = StepModel(run.deployment, chips, profile)
    made = arrivals(run.deployment, step, run.load)
    return Measured(made.engine_ttft_s, made.tpot_s)


def compared(run: Run, made: Measured) -> list[tuple[str, float, float]]:
    """(metric, predicted, measured) of the means, in milliseconds."""
    return [
        ("mean_ttft_ms", mean(made.ttft_s) * 1e3, mean(run.measured.ttft_s) * 1e3),
        ("mean_tpot_ms", mean(made.tpot_s) * 1e3, mean(run.measured.tpot_s) * 1e3),
    ]
