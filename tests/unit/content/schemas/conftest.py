"""Properties are not timed: the first example of a schema compiles it."""

import pytest
from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture
def schema_examples(request: pytest.FixtureRequest) -> int:
    return int(request.config.getoption("--schema-examples"))
