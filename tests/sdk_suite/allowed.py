"""Tests of the SDK that may fail, although the contract has their operation."""

from fnmatch import fnmatchcase

ALLOWED = {
    "*/audio/test_voices.py::*overload_2*": "voices made from a text prompt are newer than the contract",
    "*/test_skills.py::*_create[[]*": "the test sends no file, and the contract requires one",
    "*/skills/test_versions.py::*_create[[]*": "the test sends no file, and the contract requires one",
    "*/vector_stores/test_file_batches.py::*_create[[]*": "the contract wants file_ids or files; the test sends none",
}
"""Pattern of test names → reason."""


def reason(test: str) -> str | None:
    return next((why for pattern, why in ALLOWED.items() if fnmatchcase(test, pattern)), None)
