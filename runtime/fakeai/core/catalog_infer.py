"""Facts for a model that the catalog does not have: family by the name, size by the number in it.

`acme-llama-13b-chat` is a Llama with 13 billion parameters: the nearest known Llama, scaled.
"""

import dataclasses
import math
import re
from collections.abc import Iterable

from fakeai.core.specs import Architecture, Capabilities, Endpoint, ModelSpec

_SIZE = re.compile(r"(?<![a-z0-9.])(?:(\d+)x)?(\d+(?:\.\d+)?)b(?![a-z0-9])")
_MIXTURE = re.compile(r"\d+x\d|(?<![a-z0-9])a\d+(?:\.\d+)?b")
_WORD = re.compile(r"[a-z]{2,}")

_ENDPOINTS: dict[str, tuple[Endpoint, ...]] = {
    "embed": ("embeddings",),
    "rerank": ("ranking",),
    "moderation": ("moderations",),
    "whisper": ("transcriptions", "translations"),
    "transcribe": ("transcriptions",),
    "tts": ("speech",),
    "realtime": ("realtime",),
    "image": ("images", "image_edits"),
}
"""Words that tell what a model of no known family does."""

_ANY: tuple[Endpoint, ...] = (
    "chat",
    "completions",
    "responses",
    "messages",
    "embeddings",
    "moderations",
    "ranking",
    "images",
    "image_edits",
    "image_variations",
    "speech",
    "transcriptions",
    "translations",
    "realtime",
    "videos",
)


_TEXT = {"chat", "completions", "responses"}


class Inference:
    """Equal names give equal facts: nothing but the name and the rows is used."""

    def __init__(self, rows: Iterable[ModelSpec]) -> None:
        self._rows = [row for row in rows if row.family]
        self._patterns = {row.family: _family_pattern(row.family) for row in self._rows}

    def infer(self, model_id: str) -> ModelSpec:
        name = model_id.lower()
        size_b = parameters_in(name)
        relatives = _alike(self._relatives(name), _purpose(name))
        if not relatives:
            return _stranger(model_id, name, size_b)
        nearest = min(relatives, key=lambda row: _distance(row, name, size_b))
        spec = dataclasses.replace(nearest, id=model_id, aliases=(), owned_by=_owner(model_id), shutdown_date=None)
        return scaled(spec, size_b) if size_b else spec

    def _relatives(self, name: str) -> list[ModelSpec]:
        """Rows of the longest family that is named, or else of all families that share the longest stem named."""
        named = [family for family, pattern in self._patterns.items() if pattern.search(name)]
        if named:
            longest = max(named, key=lambda family: (len(family), family))
            return [row for row in self._rows if row.family == longest]
        stems = {family: match[0] for family in self._patterns if (match := _WORD.match(family))}
        known = set(_WORD.findall(name)) & set(stems.values())
        stem = max(known, key=lambda word: (len(word), word), default=None)
        return [row for row in self._rows if stem and stems.get(row.family) == stem]


def _family_pattern(family: str) -> re.Pattern[str]:
    """ "gpt-4" is in "acme-gpt-4-turbo" but not in "gpt-4o" or "gpt-4.1"."""
    return re.compile(rf"(?<![a-z0-9]){re.escape(family)}(?!\.?\d|[a-z])")


def _purpose(name: str) -> tuple[Endpoint, ...]:
    return next((endpoints for word, endpoints in _ENDPOINTS.items() if word in name), ())


def _alike(relatives: list[ModelSpec], purpose: tuple[Endpoint, ...]) -> list[ModelSpec]:
    """Those with the purpose that the name tells; if it tells none, those that write text, if any do."""
    if purpose:
        return [row for row in relatives if set(purpose) & set(row.endpoints)]
    return [row for row in relatives if _TEXT & set(row.endpoints)] or relatives


def parameters_in(name: str) -> float | None:
    """Billions: "llama-13b" 13, "mixtral-8x7b" 56, "qwen3-30b-a3b" 30."""
    match = _SIZE.search(name)
    return float(match[2]) * int(match[1] or 1) if match else None


def _distance(row: ModelSpec, name: str, size_b: float | None) -> tuple[int, float, int, int, int, str]:
    """By kind and size if the name tells one, then by words in common, then the newest."""
    words = set(_WORD.findall(row.id.lower()))
    shared = words & set(_WORD.findall(name))
    misfits, size_distance = 0, 0.0
    if size_b:
        misfits = (row.capabilities.moe != bool(_MIXTURE.search(name))) + (row.architecture is None)
        size_distance = abs(math.log(row.total_params_b / size_b)) if row.total_params_b else math.inf
    return (misfits, size_distance, -len(shared), len(words - shared), -row.created, row.id)


def scaled(spec: ModelSpec, size_b: float) -> ModelSpec:
    """The same shape at another size: active share, context and prices stay, the decoder grows."""
    ratio = size_b / (spec.total_params_b or size_b)
    active = round(spec.active_params_b * ratio, 3) if spec.active_params_b else size_b
    architecture = spec.architecture and _scaled_architecture(spec.architecture, ratio)
    return dataclasses.replace(spec, total_params_b=size_b, active_params_b=active, architecture=architecture)


def _scaled_architecture(base: Architecture, ratio: float) -> Architecture:
    """Width and depth each take the cube root's share, in whole groups of heads; depth then makes up the remainder.

    Parameters of a decoder grow with layers * hidden².
    """
    grouped = base.kv_heads < base.q_heads
    group = base.kv_heads if grouped else 1
    q_heads = group * _at_least_one(base.q_heads / group * ratio ** (1 / 3))
    width = q_heads / base.q_heads
    depth = ratio / width**2
    return dataclasses.replace(
        base,
        layers=_at_least_one(base.layers * depth),
        hidden=_at_least_one(base.hidden * width),
        q_heads=q_heads,
        kv_heads=base.kv_heads if grouped else q_heads,
        attention_layers=base.attention_layers and _at_least_one(base.attention_layers * depth),
        intermediate=base.intermediate and _at_least_one(base.intermediate * width),
        moe_intermediate=base.moe_intermediate and _at_least_one(base.moe_intermediate * width),
        shared_intermediate=round(base.shared_intermediate * width),
        moe_layers=round(base.moe_layers * depth),
        sliding_layers=round(base.sliding_layers * depth),
    )


def _at_least_one(value: float) -> int:
    return max(1, round(value))


def _stranger(model_id: str, name: str, size_b: float | None) -> ModelSpec:
    return ModelSpec(
        id=model_id,
        owned_by=_owner(model_id),
        context_window=128_000,
        max_output_tokens=16_384,
        input_modalities=("text", "image", "audio"),
        capabilities=Capabilities(
            tools=True, parallel_tools=True, structured_outputs=True, json_mode=True, vision=True, logprobs=True
        ),
        endpoints=_purpose(name) or _ANY,
        embedding_dimensions=1536,
        dimensions_adjustable=True,
        total_params_b=size_b,
        active_params_b=size_b,
    )


def _owner(model_id: str) -> str:
    """The part before the slash, as in organization/model."""
    return model_id.partition("/")[0] if "/" in model_id else "system"
