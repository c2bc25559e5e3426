"""A run as server-sent events, each when it is due."""

from collections.abc import Iterable, Iterator, Sequence

from fakeai.core.objects import server_sent
from fakeai.core.reply import Batches
from fakeai.services.threads import documents
from fakeai.services.threads.course import Course, Event
from fakeai.services.threads.live import Live

DONE = server_sent({"event": "done", "data": "[DONE]"})


async def batches(live: Live | None, opening: Sequence[Event], with_text: bool) -> Batches:
    """opening: what has happened when the turn begins. live: None if nothing follows. with_text: of what was found.

    A client that leaves does not end the run.
    """
    yield _rendered(opening, with_text)
    last_s = opening[-1].due_s
    if live is not None:
        course, until_s = Course(live.course.turn), live.expires_s
        generation = course.turn.generation
        async for _ in generation.progress():
            yield _rendered(course.events(until_s), with_text)
            if live.clock.now() >= until_s:
                break
        if not course.is_over:
            await live.clock.sleep_until(until_s)
            live.end("expired", until_s)
            yield _rendered(course.events(until_s), with_text)
        last_s = min(generation.done_s, until_s)
        await live.settle()
    yield [(last_s, DONE)]


def _rendered(events: Iterable[Event], with_text: bool) -> Iterator[tuple[float, bytes]]:
    for due_s, name, data in events:
        if data["object"] == "thread.run.step" and not with_text:
            data = documents.without_text(data)
        yield due_s, server_sent({"event": name, "data": data})
