import io
import json
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Annotated

from cyclopts import Parameter

from fakeai.cli import complain
from fakeai.cli.asking import DEFAULT_URL, ask, base_of
from fakeai.cli.conversing import Answer, Json, converse

QUIT = "/quit"
QUESTION = "What is the weather in Paris?"
TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city, now.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]}},
            "required": ["city", "unit"],
            "additionalProperties": False,
        },
        "strict": True,
    },
}
RESULT = {"temperature": 21, "unit": "celsius", "sky": "clear"}
"""Of the tool, whatever it is called with."""
CITY = "Describe a city."
SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "country": {"type": "string"},
        "population": {"type": "integer"},
        "sights": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["name", "country", "population", "sights"],
    "additionalProperties": False,
}


@dataclass(slots=True)
class Session:
    base_url: str
    api_key: str | None
    model: str
    system: str = ""
    streams: bool = True
    history: list[Json] = field(default_factory=list)


def interactive(
    url: Annotated[str, Parameter(help="Where the server listens.", metavar="URL")] = DEFAULT_URL,
    *,
    api_key: Annotated[
        str | None, Parameter(help="Sent with every request.", metavar="KEY", env_var="OPENAI_API_KEY")
    ] = None,
    model: Annotated[str, Parameter(help="Model to begin with.", metavar="ID")] = "gpt-4o",
) -> int:
    """Exit code 2 if no server answers. /help lists the commands; Ctrl-C stops an answer, Ctrl-D ends."""
    try:
        session = Session(base_of(url), api_key, model)
        ask(session.base_url, "/v1/models", api_key)
    except (OSError, ValueError) as error:
        return complain(str(error))
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")
    prompt = ""
    if sys.stdin.isatty():
        with suppress(ImportError):  # Windows has none
            import readline  # noqa: F401 - gives input() its keys and its history
        prompt = "> "
        print(f"{session.model} at {session.base_url}; /help lists the commands")
    return _loop(session, prompt)


def _loop(session: Session, prompt: str) -> int:
    while True:
        try:
            line = input(prompt).strip()
            if line == QUIT:
                return 0
            _obey(session, line)
        except EOFError:
            return 0
        except KeyboardInterrupt:
            print()
        except BrokenPipeError:
            raise
        except OSError as error:
            complain(str(error))


def _obey(session: Session, line: str) -> None:
    """A command, or something to say."""
    name, _, rest = line.partition(" ")
    if name in COMMANDS:
        COMMANDS[name][0](session, rest.strip())
    elif line.startswith("/"):
        complain(f"{name} is no command; /help lists them")
    elif line:
        _say(session, line)


def _say(session: Session, text: str) -> None:
    """An answer that is stopped is remembered as far as it came; what was refused is not remembered."""
    question = {"role": "user", "content": text}
    answer = _ask(session, [*session.history, question])
    if answer.text:
        session.history += (question, answer.message())


def _ask(session: Session, messages: list[Json], **more: object) -> Answer:
    """Prints the answer as it comes, and its timing."""
    system = [{"role": "system", "content": session.system}] if session.system else []
    streaming = {"stream": True, "stream_options": {"include_usage": True}} if session.streams else {}
    answer = Answer()
    body = {"model": session.model, "messages": system + messages, **streaming, **more}
    pieces = converse(session.base_url, session.api_key, body, answer)
    try:
        for piece in pieces:
            print(piece, end="", flush=True)
    except KeyboardInterrupt:
        pieces.close()
        print(" (stopped)", end="")
    finally:
        if answer.text:
            print()
    for call in answer.tool_calls:
        print(f"{call['function']['name']}({call['function']['arguments']})")
    print(answer.timing(), flush=True)
    return answer


def _tool(session: Session, text: str) -> None:
    messages: list[Json] = [{"role": "user", "content": text or QUESTION}]
    answer = _ask(session, messages, tools=[TOOL], tool_choice="required")
    if not answer.tool_calls:
        return
    messages.append(answer.message())
    for call in answer.tool_calls:
        print(f"-> {json.dumps(RESULT)}")
        messages.append({"role": "tool", "tool_call_id": call["id"], "content": json.dumps(RESULT)})
    _ask(session, messages, tools=[TOOL])


def _json(session: Session, text: str) -> None:
    schema = {"name": "city", "schema": SCHEMA, "strict": True}
    asked: list[Json] = [{"role": "user", "content": text or CITY}]
    _ask(session, asked, response_format={"type": "json_schema", "json_schema": schema})


def _model(session: Session, name: str) -> None:
    session.model = name or session.model
    print(f"model: {session.model}")


def _system(session: Session, text: str) -> None:
    session.system = text
    print(f"system: {text}" if text else "no system message")


def _clear(session: Session, _: str) -> None:
    session.history.clear()
    print("history is empty")


def _history(session: Session, _: str) -> None:
    if session.system:
        print(f"system: {session.system}")
    for message in session.history:
        print(f"{message['role']}: {message['content']}")


def _stream(session: Session, given: str) -> None:
    if given not in ("on", "off"):
        complain("/stream: expected on or off")
        return
    session.streams = given == "on"
    print(f"streaming is {given}")


def _help(_: Session, __: str) -> None:
    for name, (_command, arguments, text) in COMMANDS.items():
        print(f"{f'{name} {arguments}':<18}{text}")
    print(f"{QUIT:<18}end, as Ctrl-D does")


COMMANDS: dict[str, tuple[Callable[[Session, str], None], str, str]] = {
    "/model": (_model, "NAME", "answer with another model"),
    "/system": (_system, "TEXT", "set the system message; without text there is none"),
    "/clear": (_clear, "", "forget what was said"),
    "/history": (_history, "", "show what was said"),
    "/tool": (_tool, "[TEXT]", "ask with a tool, give it a result; not remembered"),
    "/json": (_json, "[TEXT]", "ask for JSON of a schema; not remembered"),
    "/stream": (_stream, "on|off", "show answers as they come, or at once"),
    "/help": (_help, "", "this list"),
}
"""Name → what it does with the rest of its line, what that rest is, what it is for."""
