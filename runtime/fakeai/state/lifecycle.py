"""Status by elapsed time, worked out when an object is read: nothing runs in the background."""

from fakeai.core.operation import Document, Lifecycle, State

EXPIRED = "expired"


class Course:
    """How far one object has come in its life cycle.

    `speed` divides the states' times; infinity means that all work is done at once. Expiry is a lifetime and no work:
    its time stays what it is.
    """

    __slots__ = ("_action", "_action_s", "_created_s", "_lifecycle", "_speed")

    def __init__(self, lifecycle: Lifecycle, created_s: float, speed: float) -> None:
        self._lifecycle = lifecycle
        self._created_s = created_s
        self._speed = speed
        self._action: State | None = None
        self._action_s = 0.0

    def enter(self, action: str, now_s: float) -> bool:
        """Fixes the state that `action` sets; False if there is no such action. Repeating it changes nothing."""
        state = self._lifecycle.actions.get(action)
        if state is None:
            return False
        if state is not self._action:
            self._action, self._action_s = state, now_s
        return True

    def apply(self, document: Document, now_s: float) -> None:
        """Sets status and times as of `now_s`; a time of a state that was not reached is null."""
        reached = self._reached(now_s if self._action is None else self._action_s)
        times = {state.set_time: int(reached_s) for state, reached_s in reached if state.set_time}
        current = self._action or (reached[-1][0] if reached else None)
        for state in (*self._lifecycle.states, *self._lifecycle.actions.values()):
            if state.set_time in document and state.set_time not in times:
                document[state.set_time] = None
        document.update(times)
        if current is None:
            return
        for name in current.clear:
            if name in document:
                document[name] = None
        document[self._lifecycle.status_field] = current.value

    def _reached(self, now_s: float) -> list[tuple[State, float]]:
        """States in order with the time at which each was reached."""
        times = [(state, self._due_s(state)) for state in self._lifecycle.states]
        timed = [(state, due_s) for state, due_s in times if due_s <= now_s]
        return timed if self._action is None else [*timed, (self._action, self._action_s)]

    def _due_s(self, state: State) -> float:
        return self._created_s + state.after_s / (1.0 if state.value == EXPIRED else self._speed)
