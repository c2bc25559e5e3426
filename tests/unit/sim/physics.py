"""Deployments that tests of the cost model share."""

from typing import Any

from fakeai.core.hardware_catalog import Hardware
from fakeai.sim.batch import Batch
from fakeai.sim.deployment import Deployment
from fakeai_api.catalog import MODELS
from fakeai_api.hardware import CHIPS, ENGINES, GPUS, LINKS

HARDWARE = Hardware(GPUS.values(), LINKS.values(), CHIPS.values(), ENGINES.values())


def deployed(model: str = "llama-3.1-8b-instruct", gpu: str = "h100-sxm", **limits: Any) -> Deployment:
    return Deployment(MODELS[model], HARDWARE.gpu(gpu), **limits)


def decoding(seqs: int, context: int = 1000) -> Batch:
    return Batch(decode_seqs=seqs, decode_tokens=seqs, decode_context_tokens=seqs * context)


def reading(tokens: int, context: int = 0) -> Batch:
    pairs = tokens * (context + tokens / 2)
    return Batch(prefill_seqs=1, prefill_tokens=tokens, prefill_context_tokens=context, prefill_pairs=pairs)
