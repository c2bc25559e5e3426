"""Coroutines that get a task only if they have to wait. Python has that from 3.12 on, as eager tasks."""

from collections.abc import Coroutine, Generator
from types import coroutine
from typing import Any


def begun(running: Coroutine[Any, Any, None]) -> Coroutine[Any, Any, None] | None:
    """Runs it until it waits for something; what remains, for a task, or None."""
    try:
        awaited = running.send(None)
    except StopIteration:
        return None
    return _continued(running, awaited)


async def _continued(running: Coroutine[Any, Any, None], awaited: Any) -> None:
    await _rest(running, awaited)


@coroutine
def _rest(running: Coroutine[Any, Any, None], awaited: Any) -> Generator[Any, Any, None]:
    """What remains of a coroutine that was started by hand and waits for `awaited`."""
    try:
        while True:
            try:
                sent = yield awaited
            except GeneratorExit:
                running.close()
                raise
            except BaseException as error:
                awaited = running.throw(error)
            else:
                awaited = running.send(sent)
    except StopIteration:
        return
