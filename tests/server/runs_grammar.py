"""The order of events in streams of runs, which no schema can say."""

import json
from typing import Any

from tests.server.grammar import DONE, Json, need

SUBMITTED = "/threads/{thread_id}/runs/{run_id}/submit_tool_outputs"
PATHS = {"/threads/runs", "/threads/{thread_id}/runs", SUBMITTED}
RUN_ENDS = {"requires_action", "completed", "incomplete", "failed", "cancelled", "expired"}
STEP_ENDS = {"completed", "failed", "cancelled", "expired"}
MESSAGE_ENDS = {"completed", "incomplete"}
NEXT = {"created": {"queued"}, "queued": {"in_progress", *RUN_ENDS}, "in_progress": RUN_ENDS}


def check(path: str, said: list[tuple[str | None, str]]) -> None:
    """said: name and data of each event, in order. Ignores other paths."""
    if path in PATHS:
        need(said and said[-1] == ("done", DONE), "the stream ends with done")
        stream = RunStream(path)
        for name, data in said[:-1]:
            need(data != DONE, "done comes once")
            stream.read(str(name), json.loads(data))
        stream.end()


class RunStream:
    def __init__(self, path: str) -> None:
        self.path = path
        self.run: Json | None = None
        self.status = ""
        self.step: Json | None = None
        """That is open."""
        self.begun: set[str] = set()
        """Ids of steps and messages that are or were in progress."""
        self.message: Json | None = None
        self.texts: list[str] = []
        self.calls: list[Json] = []
        self.names: list[str] = []

    def read(self, name: str, data: Json) -> None:
        need(self.status not in RUN_ENDS, "nothing but done follows the end of a run")
        self.names.append(name)
        if name == "thread.created":
            need(self.path == "/threads/runs" and len(self.names) == 1, "a new thread comes first")
            return
        kind, _, event = name.rpartition(".")
        if event == "delta":
            need(data["object"] == name, "a delta says what it is one of")
            {"thread.run.step": self._step_delta, "thread.message": self._message_delta}[kind](data)
        else:
            need(data["object"] == kind, f"{name} has a {kind}")
            {"thread.run": self._run, "thread.run.step": self._step, "thread.message": self._message}[kind](event, data)

    def end(self) -> None:
        need(self.path != "/threads/runs" or self.names[0] == "thread.created", "a new thread is told")
        need(self.status in RUN_ENDS, "the run has come to an end")
        need(self.message is None, "no message is left open")
        if self.status != "requires_action":
            need(self.step is None, "no step is left open")
            usage = (self.run or {})["usage"]
            need(usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"], "usage adds up")
            return
        need(self.step and self.step["type"] == "tool_calls", "a step waits for outputs")
        wanted = (self.run or {})["required_action"]["submit_tool_outputs"]["tool_calls"]
        told = [{name: call[name] for name in ("id", "type", "function")} for call in self.calls]
        need(wanted == [call for call in told if call["type"] == "function"], "what is required was told in deltas")

    def _run(self, event: str, run: Json) -> None:
        if self.status:
            need(event in NEXT[self.status], f"{event} does not follow {self.status}")
        else:
            first = "queued" if self.path == SUBMITTED else "created"
            need(event == first, "a run begins by being created, and goes on by being queued again")
        need(run["status"] == ("queued" if event == "created" else event), "the event says the run's status")
        need(self.run is None or self.run["id"] == run["id"], "it is about one run")
        need((run["usage"] is None) == (event not in RUN_ENDS - {"requires_action"}), "usage is told at the end")
        need((run["required_action"] is None) == (event != "requires_action"), "an action is required when it is said")
        self.run, self.status = run, event

    def _go_on(self, event: str, id: str) -> None:
        need((id in self.begun) == (event != "in_progress"), "what was created is in progress, once, and then the rest")
        self.begun.add(id)

    def _step(self, event: str, step: Json) -> None:
        if event == "created":
            need(self.status == "in_progress", "steps begin in a run that is in progress")
            need(self.step is None, "one step is open at a time")
            self.calls = []
            self.step = step
        elif self.step is None:
            need(event == "completed" and not self.status, "only outputs complete a step from before")
            need(all(call["function"]["output"] is not None for call in _functions(step)), "outputs are shown")
        else:
            need(self.step["id"] == step["id"], "it is about the open step")
            self._go_on(event, step["id"])
            if event in STEP_ENDS:
                need(self.message is None, "a message ends before its step")
                self.step = None

    def _step_delta(self, data: Json) -> None:
        need(self.step and self.step["id"] == data["id"], "a delta belongs to the open step")
        self._go_on("delta", data["id"])
        for call in data["delta"]["step_details"]["tool_calls"]:
            if call["index"] == len(self.calls):
                need(call.get("id"), "the first delta of a call has its id")
                function = call.get("function", {})
                self.calls.append(call | {"function": {"name": function.get("name"), "arguments": ""}})
            need(call["index"] == len(self.calls) - 1, "calls come one after the other")
            self.calls[-1]["function"]["arguments"] += call.get("function", {}).get("arguments", "")

    def _message(self, event: str, message: Json) -> None:
        if event == "created":
            need(self.step and self.step["type"] == "message_creation", "messages are made in their step")
            made = (self.step or {})["step_details"]["message_creation"]["message_id"]
            need(made == message["id"], "the step names its message")
            need(message["content"] == [] and self.message is None, "a message begins once and empty")
            self.message, self.texts = message, []
        else:
            need(self.message and self.message["id"] == message["id"], "it is about the open message")
            self._go_on(event, message["id"])
        if event in MESSAGE_ENDS:
            need(_said(message["content"]) == "".join(self.texts), "the message is what the deltas said")
            need((message["incomplete_details"] is None) == (event == "completed"), "incomplete ones say why")
            self.message = None

    def _message_delta(self, data: Json) -> None:
        need(self.message and self.message["id"] == data["id"], "a delta belongs to the open message")
        self._go_on("delta", data["id"])
        (content,) = data["delta"]["content"]
        need(content["index"] == 0, "a delta has an index")
        if content["type"] == "text":
            need(("annotations" in content["text"]) == (not self.texts), "the first delta has the annotations")
        self.texts.append(_said([content]))


def _functions(step: Json) -> list[Json]:
    return [call for call in step["step_details"]["tool_calls"] if call["type"] == "function"]


def _said(content: list[Any]) -> str:
    return "".join(part["text"]["value"] if part["type"] == "text" else part["refusal"] for part in content)
