import os
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _nothing_configured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.upper().startswith("FAKEAI_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
