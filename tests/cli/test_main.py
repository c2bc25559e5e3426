import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import fakeai
from fakeai.cli import deprecated_server, main
from fakeai.config.loading import Loaded
from fakeai.core.rows_file import RowsFileError


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[Loaded]:
    """The configurations with which the server would have been started."""
    started: list[Loaded] = []
    run: Any = ModuleType("fakeai.server.run")
    run.serve = lambda loaded: started.append(loaded) or 0
    monkeypatch.setitem(sys.modules, "fakeai.server.run", run)
    return started


def fakeai_process(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "fakeai", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment, check=False)


def test_server_serves_what_the_options_say(served: list[Loaded]) -> None:
    assert main(["server", "--port", "9001", "--seed", "3"]) == 0
    assert (served[0].config.server.port, served[0].config.core.seed) == (9001, 3)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(98, "Address already in use"), "cannot listen on 127.0.0.1 port 8000: address already in use"),
        (PermissionError(13, "Permission denied", "keys.txt"), "keys.txt: permission denied"),
        (RowsFileError("catalog file x: row 1"), "catalog file x: row 1"),
    ],
)
def test_a_server_that_cannot_start_says_why_in_one_line(
    error: Exception,
    said: str,
    served: list[Loaded],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def serve(loaded: Loaded) -> int:
        raise error

    monkeypatch.setattr(sys.modules["fakeai.server.run"], "serve", serve)
    assert main(["server"]) == 2
    assert capsys.readouterr().err == f"fakeai: {said}\n"


def test_the_old_name_serves_and_says_so(
    served: list[Loaded], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["fakeai-server", "--port", "9001"])
    assert deprecated_server() == 0
    assert served[0].config.server.port == 9001
    output = capsys.readouterr()
    assert (output.out, output.err) == ("", "fakeai-server is deprecated: use `fakeai server`.\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["server", "--prot", "1"], "Unknown option: --prot. Did you mean --port?"),
        (["servr"], 'Unknown command "servr". Did you mean "server"?'),
        (["server", "--port"], "--port requires an argument"),
        (["server", "--port", "eighty"], "server.port: input should be a valid integer"),
        (["server", "--port", "1", "--port", "2"], "--port specified multiple times"),
        (["server", "--port", "1", "--set", "server.port=2"], "server.port is given twice, by --port and --set"),
        (["server", "--set", "core.seed=1", "--set", "core.seed=2"], "core.seed is given twice"),
        (["server", "--set", "server.prot=1"], "unknown setting server.prot; did you mean server.port?"),
        (["server", "--set", "port"], "--set: expected section.field=value"),
        (["server", "--ttft", "fast"], "latency.ttft: expected MEAN or MEAN:JITTER"),
        (["server", "--auth", "closed"], 'Invalid value "closed" for --auth. Choose from: "open", "bearer", "keys".'),
        (["server", "--auth", "keys"], 'auth: mode "keys" needs keys'),
        (["server", "--api-key", ""], "auth.keys: a key is empty"),
        (["server", "--epoch", "1750000000000"], "core.epoch: input should be less than or equal to 253402300799"),
        (["server", "--config", "nowhere.yaml"], "file nowhere.yaml: no such file or directory"),
        (["server", "--models", "nowhere.yaml"], "models.file: path does not point to a file, got 'nowhere.yaml'"),
        (["server", "--api-key-file", "nowhere"], "auth.key_file: path does not point to a file"),
        (["config", "show", "--seed", "x"], "core.seed: input should be a valid integer"),
        (["status", "--url", "localhost"], "--url: expected http://HOST:PORT, got 'localhost'"),
    ],
)
def test_a_bad_command_line_is_answered_in_one_line(
    arguments: list[str], said: str, served: list[Loaded], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    output = capsys.readouterr()
    assert said in output.err
    assert output.err.startswith("fakeai: ")
    assert output.err.count("\n") == 1
    assert (output.out, served) == ("", [])


def test_a_key_file_without_a_key_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    Path("keys.txt").write_text("# none yet\n\n")
    assert main(["server", "--port", "0", "--api-key-file", "keys.txt"]) == 2
    said = "fakeai: key file keys.txt: no key in it, so that nobody could call (auth.mode keys)\n"
    assert capsys.readouterr() == ("", said)


def test_a_model_that_cannot_run_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["server", "--port", "0", "--llm-path", str(tmp_path)]
    assert main(command) == 2
    said = f"fakeai: generation.llm_path: no model in '{tmp_path}', config.json is missing\n"
    assert capsys.readouterr() == ("", said)
    (tmp_path / "config.json").write_text("{}")
    monkeypatch.setattr("fakeai.content.llm.find_spec", lambda name: None if name == "torch" else name)
    assert main(command) == 2
    said = "fakeai: generation.llm_path needs torch: pip install 'fakeai[llm]'\n"
    assert capsys.readouterr() == ("", said)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--api-key", "sk-a", "sk-secret"],
        ["--api-kye=sk-secret"],
        ["--api-key", "sk-secret", "--port", "x"],
        ["--set", "auth.key=sk-secret"],
        ["--set", "auth.keys=[sk-secret"],
        ["--set", "auth.keys sk-secret"],
    ],
)
def test_errors_keep_keys_secret(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["server", *arguments]) == 2
    assert "sk-secret" not in capsys.readouterr().err


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"{fakeai.__version__}\n"


def test_a_process_obeys_option_then_environment_then_file() -> None:
    Path("fakeai.yaml").write_text("server: {host: h, port: 3}\ncore: {seed: 3}\n")
    environment = {"FAKEAI_SERVER__PORT": "2", "FAKEAI_CORE__SEED": "2"}
    process = fakeai_process("config", "show", "--port", "1", **environment)
    lines = [" ".join(line.split()) for line in process.stdout.splitlines()]
    assert process.returncode == 0
    assert "port: 1 # cli --port" in lines
    assert "seed: 2 # env FAKEAI_CORE__SEED" in lines
    assert "host: h # file fakeai.yaml" in lines


def test_a_process_ends_with_2_and_one_line() -> None:
    process = fakeai_process("server", "--port", "1", FAKEAI_SEVER__PORT="1")
    assert (process.returncode, process.stdout) == (2, "")
    assert process.stderr == (
        "fakeai: unknown environment variable FAKEAI_SEVER__PORT; did you mean FAKEAI_SERVER__PORT?\n"
    )


def test_a_reader_that_goes_away_is_no_traceback() -> None:
    command = f"{sys.executable} -m fakeai config show | true; exit ${{PIPESTATUS[0]}}"
    process = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60, check=False)
    assert process.stderr == ""


def test_the_root_command_loads_no_other() -> None:
    program = "import sys, fakeai.cli; sys.exit(any(m.startswith(('fakeai.config', 'pydantic')) for m in sys.modules))"
    assert subprocess.run([sys.executable, "-c", program], timeout=60, check=False).returncode == 0
