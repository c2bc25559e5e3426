"""The model catalog: which ids exist and what is known about each."""

import dataclasses
from collections import OrderedDict
from collections.abc import Iterable
from typing import Any, Literal

from fakeai.core.catalog_infer import Inference
from fakeai.core.errors import model_not_found
from fakeai.core.specs import ModelSpec

MAX_INFERRED = 1024
"""Inferred models that are remembered for the listing; the least recently used goes first."""
MAX_INFERRED_ID = 256
"""Characters; a longer id is unknown, so that remembered ids stay small."""


class Catalog:
    """Rows by id and alias. A later row replaces an earlier one of the same id, and takes its aliases over."""

    def __init__(self, rows: Iterable[ModelSpec], unknown: Literal["error", "infer"] = "error") -> None:
        self._rows = {row.id: row for row in rows}
        self._names = _names(self._rows.values())
        self._inference = Inference(self._rows.values()) if unknown == "infer" else None
        self._inferred: OrderedDict[tuple[str, str], ModelSpec] = OrderedDict()

    def resolve(self, model_id: str, namespace: str = "") -> ModelSpec:
        """The facts of a model by id, alias or fine-tuned id. Raises ApiError 404 model_not_found."""
        spec = self.find(model_id, namespace)
        if spec is None:
            raise model_not_found(model_id)
        return spec

    def find(self, model_id: str, namespace: str = "") -> ModelSpec | None:
        """As `resolve`, but None for an unknown model. An inferred model is listed in its namespace from then on."""
        spec = self._names.get(model_id)
        if spec is None and model_id.startswith("ft:"):
            return self._find_tuned(model_id, namespace)
        return spec or self._infer(model_id, namespace)

    def _find_tuned(self, model_id: str, namespace: str) -> ModelSpec | None:
        """ft:base:organization:suffix:id has the facts of its base; so have its checkpoints."""
        parts = model_id.split(":")
        if len(parts) < 5 or not (parts[1] and parts[2] and parts[4]):
            return None
        base = self.find(parts[1], namespace)
        if base is None:
            return None
        return dataclasses.replace(base, id=model_id, owned_by=parts[2], aliases=(), shutdown_date=None)

    def _infer(self, model_id: str, namespace: str) -> ModelSpec | None:
        if self._inference is None or not 0 < len(model_id) <= MAX_INFERRED_ID:
            return None
        key = (namespace, model_id)
        spec = self._inferred.get(key) or self._inference.infer(model_id)
        self._inferred[key] = spec
        self._inferred.move_to_end(key)
        if len(self._inferred) > MAX_INFERRED:
            self._inferred.popitem(last=False)
        return spec

    def inferred(self, namespace: str = "") -> tuple[str, ...]:
        """Ids of the models that were inferred there, in alphabetical order."""
        return tuple(sorted(model_id for owner, model_id in self._inferred if owner == namespace))

    def listed(self, namespace: str = "") -> list[dict[str, Any]]:
        """Objects of GET /models: rows in catalog order, each followed by its aliases, then what was inferred."""
        built_in = [listing(name, spec) for name, spec in self._names.items()]
        return built_in + [listing(id, self._inferred[namespace, id]) for id in self.inferred(namespace)]

    def names(self) -> list[str]:
        """Built-in and added ids, aliases included."""
        return list(self._names)

    def count(self) -> int:
        """Built-in and added ids, aliases included."""
        return len(self._names)

    def specs(self) -> list[ModelSpec]:
        """The rows, without aliases and inferred models."""
        return list(self._rows.values())

    def capabilities(self, model_id: str, namespace: str = "") -> dict[str, Any]:
        """Body of GET /models/{model}/capabilities."""
        spec = self.resolve(model_id, namespace)
        prices = {name: value for name, value in dataclasses.asdict(spec.prices).items() if value not in (None, {})}
        return {
            "id": spec.id,
            "owned_by": spec.owned_by,
            "context_window": spec.context_window,
            "max_output_tokens": spec.max_output_tokens,
            "input_modalities": list(spec.input_modalities),
            "output_modalities": list(spec.output_modalities),
            "capabilities": dataclasses.asdict(spec.capabilities),
            "embedding_dimensions": spec.embedding_dimensions,
            "prices": prices,
            "tokenizer": spec.tokenizer,
            "parameters": {"total_b": spec.total_params_b, "active_b": spec.active_params_b},
        }


def _names(rows: Iterable[ModelSpec]) -> dict[str, ModelSpec]:
    """Every id a client may ask for. An id wins over an alias; of two equal aliases the later row's wins."""
    rows = list(rows)
    ids = {row.id for row in rows}
    owner = {alias: row.id for row in rows for alias in row.aliases}
    names: dict[str, ModelSpec] = {}
    for row in rows:
        names[row.id] = row
        for alias in row.aliases:
            if alias not in ids and owner[alias] == row.id:
                names[alias] = dataclasses.replace(row, id=alias) if row.echoes_alias else row
    return names


def listing(name: str, spec: ModelSpec) -> dict[str, Any]:
    """The object of GET /models/{name}, where name may be an alias of spec."""
    return {
        "id": name,
        "object": "model",
        "created": spec.created,
        "owned_by": spec.owned_by,
        "shutdown_date": spec.shutdown_date,
    }
