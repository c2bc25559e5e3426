"""The generated models and a JSON Schema validator agree on every component of the contract.

Known differences, and no others: an integer written as 1.0 is one to JSON Schema but not to the models; formats are
annotations to both.
"""

from collections.abc import Callable, Iterator
from typing import Any

import jsonschema_rs
import pytest

from fakeai_generator import tree
from fakeai_generator.tree import Lifted

from .model_modules import Models, error_of, of_components
from .samples import Sampler

SAMPLES = 25
ATTEMPTS = 150
MUTATIONS = 6

Check = Callable[[Any], bool]


@pytest.fixture(scope="module")
def lifted(document: dict[str, Any]) -> Lifted:
    return tree.read(document)[1]


@pytest.fixture(scope="module")
def models(lifted: Lifted) -> Models:
    return of_components(lifted.components)


@pytest.fixture(scope="module")
def oracles(lifted: Lifted) -> dict[str, Check]:
    registry = jsonschema_rs.Registry([("urn:contract", {"components": {"schemas": lifted.components}})])
    return {
        name: jsonschema_rs.Draft202012Validator(
            {"$ref": f"urn:contract#/components/schemas/{name}"}, registry=registry
        ).is_valid
        for name in lifted.components
    }


def _samples(lifted: Lifted, name: str, valid: Check) -> Iterator[tuple[Sampler, Any]]:
    sampler = Sampler(lifted.components, name)
    made = (sampler.sample(lifted.components[name]) for _ in range(ATTEMPTS))
    fit = (value for value in made if valid(value))
    return ((sampler, value) for _, value in zip(range(SAMPLES), fit, strict=False))


def test_models_accept_what_the_contract_accepts(lifted: Lifted, models: Models, oracles: dict[str, Check]) -> None:
    refused: dict[str, str] = {}
    for name, valid in oracles.items():
        values = [value for _, value in _samples(lifted, name, valid)]
        assert len(values) == SAMPLES, f"the sampler cannot make {name}"
        errors = [error for value in values if (error := error_of(models[name], value))]
        refused |= {name: errors[0]} if errors else {}
    assert refused == {}


def test_models_agree_with_the_contract_on_damaged_values(
    lifted: Lifted, models: Models, oracles: dict[str, Check]
) -> None:
    wrong: dict[str, Any] = {}
    counts = {True: 0, False: 0}
    for name, valid in oracles.items():
        limits = Sampler(lifted.components, name).limits(lifted.components[name])
        for sampler, value in _samples(lifted, name, valid):
            for damaged in (sampler.mutate(value, limits) for _ in range(MUTATIONS)):
                counts[valid(damaged)] += 1
                if valid(damaged) == bool(error_of(models[name], damaged)):
                    wrong[name] = ("wrongly refused" if valid(damaged) else "wrongly accepted", damaged)
    assert wrong == {}
    assert min(counts.values()) > 1000 * MUTATIONS


def test_text_of_queries_becomes_typed_values(lifted: Lifted, models: Models, oracles: dict[str, Check]) -> None:
    queries = sorted(name for group in lifted.groups.values() for name in group.queries)
    for name in queries:
        for _, value in _samples(lifted, name, oracles[name]):
            typed = models[name].model_validate(value)
            assert models[name].model_validate(_as_text(value), strict=False) == typed, name
    assert len(queries) > 60


def _as_text(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _as_text(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_as_text(part) for part in value]
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, (int, float)) else value
