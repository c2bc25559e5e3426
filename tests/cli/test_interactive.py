"""`fakeai interactive` as a process with piped lines, against a real server."""

import json
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from fakeai.cli import main
from fakeai.cli.interactive import COMMANDS, RESULT
from tests.support.process import Server, running

TIMING = re.compile(
    r"\[TTFT (-|[\d,]+ ms), total [\d,]+ ms"
    r"(?:; tokens: ([\d,]+) prompt, ([\d,]+) completion, ([\d,]+) cached; [\d,.]+ tokens/s)?\]"
)


def command(url: str, *options: str) -> list[str]:
    return [sys.executable, "-m", "fakeai", "interactive", url, *options]


def talk(url: str, *lines: str, options: tuple[str, ...] = ()) -> tuple[list[str], list[str]]:
    """Lines of stdout and of stderr."""
    said = "".join(f"{line}\n" for line in lines)
    process = subprocess.run(
        command(url, *options), input=said, capture_output=True, text=True, timeout=60, check=False
    )
    assert process.returncode == 0, process.stderr
    return process.stdout.splitlines(), process.stderr.splitlines()


@pytest.mark.parametrize("suffix", ["", "/v1"])
def test_answers_and_their_timing(server: Server, suffix: str) -> None:
    shown, complaints = talk(server.url + suffix, "Name a river.", "", "Another one.")
    assert complaints == []
    timings = [found for line in shown if (found := TIMING.fullmatch(line))]
    assert len(timings) == 2
    assert all(timing[1].endswith("ms") and int(timing[3]) > 0 for timing in timings)
    assert int(timings[1][2]) > int(timings[0][2]) + int(timings[0][3])  # the history is part of the prompt
    assert len(shown) >= 4


def test_history_is_kept_and_cleared(server: Server) -> None:
    shown, _ = talk(server.url, "/system Be brief.", "Hello there", "/history", "/clear", "/history", "/quit", "unread")
    timed = next(number for number, line in enumerate(shown) if TIMING.fullmatch(line))
    said = "\n".join(shown[1:timed])
    history = ["system: Be brief.", "user: Hello there", *f"assistant: {said}".splitlines()]
    assert shown[timed + 1 :] == [*history, "history is empty", "system: Be brief."]


def test_streamed_or_not_the_same_is_said(server: Server) -> None:
    streamed, _ = talk(server.url, "/stream on", "/model gpt-4.1", "Name a mountain.")
    whole, _ = talk(server.url, "/stream off", "Name a mountain.", options=("--model", "gpt-4.1"))
    assert (streamed[0], whole[0]) == ("streaming is on", "streaming is off")
    found, unstreamed = TIMING.fullmatch(streamed[-1]), TIMING.fullmatch(whole[-1])
    assert found
    assert unstreamed
    assert unstreamed[1] == "-"
    assert found.group(2) == unstreamed.group(2)


def test_help_tells_all_commands(server: Server) -> None:
    shown, _ = talk(server.url, "/help")
    assert [line.split()[0] for line in shown] == [*COMMANDS, "/quit"]


def test_what_the_server_refuses_is_one_line_and_forgotten(server: Server) -> None:
    shown, complaints = talk(server.url, "/model nonsense", "Hi", "/nonsense", "/stream maybe", "/history")
    assert shown == ["model: nonsense"]
    assert len(complaints) == 3
    assert "answers 404 The model `nonsense` does not exist" in complaints[0]
    assert "/nonsense is no command" in complaints[1]
    assert "expected on or off" in complaints[2]


def test_keys(server: Server) -> None:
    with running("--api-key", "sk-right") as guarded:
        shown, _ = talk(guarded.url, "Hi", options=("--api-key", "sk-right"))
        assert TIMING.fullmatch(shown[-1])
        refused = subprocess.run(command(guarded.url), input="Hi\n", capture_output=True, text=True, check=False)
    assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (2, "", 1)
    assert "answers 401" in refused.stderr


class Stub(BaseHTTPRequestHandler):
    """Calls a tool twice at once if there are tools, and repeats what it said; answers JSON if that is asked for."""

    def do_GET(self) -> None:
        self.respond(b"{}")

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        last = body["messages"][-1]
        if body["model"] == "broken":
            chunks = [{"choices": [{"delta": {"content": "Well"}}]}, {"error": {"message": "It broke."}}]
        elif last["role"] == "tool":
            chunks = [{"choices": [{"delta": {"content": f"{last['tool_call_id']} said {last['content']}"}}]}]
        elif body.get("tools"):
            calls = [("call_0", "get_weather", '{"city": '), (None, None, '"Rome"}'), ("call_1", "get_weather", "{}")]
            deltas = [
                {"index": int(number == 2), "id": id, "function": {"name": name, "arguments": arguments}}
                for number, (id, name, arguments) in enumerate(calls)
            ]
            chunks = [{"choices": [{"delta": {"tool_calls": [delta]}}]} for delta in deltas]
        else:
            chunks = [{"choices": [{"delta": {"content": json.dumps(body["response_format"]["type"])}}]}]
        self.respond(b"".join(b"data: %s\n\n" % json.dumps(chunk).encode() for chunk in chunks) + b"data: [DONE]\n\n")

    def respond(self, body: bytes) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def stub() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Stub) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_tools_get_their_results_and_json_its_schema(stub: str) -> None:
    shown, complaints = talk(stub, "/tool", "/json", "/history")
    assert complaints == []
    result = json.dumps(RESULT)
    asked, again = 'get_weather({"city": "Rome"})', "get_weather({})"
    assert [line for line in shown if not TIMING.fullmatch(line)] == [
        asked,
        again,
        f"-> {result}",
        f"-> {result}",
        f"call_1 said {result}",
        '"json_schema"',
    ]


def test_an_error_within_a_stream(stub: str) -> None:
    shown, complaints = talk(stub, "Hi", "/history", options=("--model", "broken"))
    assert (shown, complaints) == (["Well"], ["fakeai: It broke."])


def test_an_interrupt_stops_the_answer_only() -> None:
    with running("--ttft", "10", "--itl", "200") as server:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        with subprocess.Popen(command(server.url), **pipes) as process:  # type: ignore[call-overload]
            process.stdin.write(b"Tell me a long story.\n")
            process.stdin.flush()
            assert process.stdout.read(1)
            process.send_signal(signal.SIGINT)
            output, complaints = process.communicate(b"/history\n", timeout=60)
    lines = output.decode().splitlines()
    assert (process.returncode, complaints) == (0, b"")
    assert lines[0].endswith(" (stopped)")
    assert lines[2] == "user: Tell me a long story."
    assert lines[3].startswith("assistant: ")


@pytest.mark.parametrize(
    ("url", "said"), [("http://127.0.0.1:9", "does not answer"), ("localhost", "expected http://")]
)
def test_no_server(url: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["interactive", url]) == 2
    output = capsys.readouterr()
    assert (output.out, output.err.count("\n")) == ("", 1)
    assert said in output.err
