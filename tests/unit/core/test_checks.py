"""What is accepted without an instance is what the model accepts."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from fakeai.core.body import JSON
from fakeai.core.checks import accepting
from fakeai.server.loading import model_class
from fakeai_api.operations import OPERATIONS

pytestmark = pytest.mark.unit

MODELS = [
    model_class(operation.group, name)
    for operation in OPERATIONS.values()
    for media_type, name in operation.body
    if media_type == JSON
]
SCALARS = (
    st.none() | st.booleans() | st.integers(-1, 1 << 40) | st.floats() | st.sampled_from(["", "auto", "user", "a"])
)


def accepts(model: type[BaseModel], document: Any) -> bool:
    try:
        model.model_validate(document)
    except ValidationError:
        return False
    return True


@st.composite
def documents(draw: st.DrawFn) -> tuple[type[BaseModel], Any]:
    """With the model's names, so that values matter."""
    model = draw(st.sampled_from(MODELS))
    names = st.sampled_from([*model.model_fields, "type", "role", "content", "text", "x"])
    values = st.recursive(
        SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4)
    )
    required = [name for name, field in model.model_fields.items() if field.is_required()]
    return model, {name: draw(values) for name in required} | draw(st.dictionaries(names, values, max_size=4))


@given(documents())
def test_no_instance_no_difference(case: tuple[type[BaseModel], Any]) -> None:
    model, document = case
    assert accepting(model).isinstance_python(document) == accepts(model, document)


def test_a_chat() -> None:
    chat = model_class("chat", "CreateChatCompletionRequest")
    good = {"model": "m", "messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}], "n": 2}
    assert accepting(chat).isinstance_python(good)
    for change in ({"n": 0}, {"messages": []}, {"messages": [{"role": "robot", "content": ""}]}, {"stop": 5}):
        assert not accepting(chat).isinstance_python(good | change)
    assert not accepting(chat).isinstance_python({"model": "m"})
