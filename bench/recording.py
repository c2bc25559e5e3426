"""An answer of FakeAI as a file, for the bare application to send again."""

import json
from pathlib import Path

from bench.wire import Answer

_OF_THE_CONNECTION = ("date", "transfer-encoding")


def record(answer: Answer, path: Path, by_event: bool = False, pause_s: float = 0.0) -> Path:
    """by_event: one send for each server-sent event, `pause_s` after the one before. Else all in one."""
    text = answer.body.decode()
    pieces = [f"{event}\n\n" for event in text.split("\n\n") if event] if by_event else [text]
    headers = [[name, value] for name, value in answer.headers if name not in _OF_THE_CONNECTION]
    path.write_text(json.dumps({"status": answer.status, "headers": headers, "pieces": pieces, "pause_s": pause_s}))
    return path
