"""What may come of arbitrary input: a value that can be sent as JSON, or a refusal in the API's form."""

from collections.abc import Callable
from typing import Any

import orjson

from fakeai.core.errors import ApiError


def check_value_or_refusal(make: Callable[[], Any]) -> None:
    """Any other exception than ApiError 400 fails the test."""
    refusal: ApiError | None = None
    value: Any = None
    try:
        value = make()
    except ApiError as error:
        refusal = error
    if refusal is None:
        assert isinstance(orjson.dumps(value, default=repr), bytes)
    else:
        assert (refusal.status, bool(refusal.message)) == (400, True)
