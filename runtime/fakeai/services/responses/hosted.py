"""Tools that OpenAI hosts or defines: what the model sees of each, and the items that a call of it becomes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from fakeai.content.script import Tool
from fakeai.core.ids import hexadecimal, token
from fakeai.core.operation import Document
from fakeai.core.seeds import Draw, unit
from fakeai.services.responses.pictures import picture_b64

MCP_TOOLS = {
    "search": ("Search for documents, records and pages that match a query.", "query"),
    "fetch": ("Fetch one document, record or page by its id.", "id"),
}
"""What a server offers of which the request names no tools: no server is ever asked."""


@dataclass(slots=True)
class Made:
    """One call, of which items are made."""

    tool: Tool
    source: Document
    """The request's entry for the tool."""
    text: str
    """Arguments as JSON, as far as they were said."""
    arguments: Mapping[str, Any]
    said: str
    """By the user."""
    include: Sequence[str]
    r: Draw
    new_id: Callable[[str], str]
    """An item's id, by its prefix."""
    approved: Document | None = None
    """The request for approval that the client has just granted."""

    def get(self, name: str, default: Any) -> Any:
        return self.arguments.get(name) or default

    @property
    def query(self) -> str:
        return str(self.get("query", " ".join(self.said.split())[:80] or "latest"))


class Hosted(NamedTuple):
    description: str
    properties: Document
    """JSON Schemas of the arguments, all required."""
    make: Callable[[Made], list[Document]]
    is_run_by_client: Callable[[Document], bool] = lambda source: False
    kind: str = ""

    def tools(self, source: Document) -> Iterator[Tool]:
        schema = {"type": "object", "properties": self.properties, "required": list(self.properties)}
        yield Tool(self.kind, self.kind, self.description, schema, ends_turn=self.is_run_by_client(source))


class Server(Hosted):
    """A remote MCP server: several tools, those that want approval end the turn."""

    def tools(self, source: Document) -> Iterator[Tool]:
        for name, (description, parameter) in mcp_tools(source).items():
            schema = {"type": "object", "properties": {parameter: {"type": "string"}}, "required": [parameter]}
            about = f"{source.get('server_description') or source['server_label']}: {description}"
            yield Tool("mcp", name, about, schema, ends_turn=wants_approval(source, name))


def mcp_tools(source: Document) -> Mapping[str, tuple[str, str]]:
    allowed = source.get("allowed_tools")
    names = allowed.get("tool_names") if isinstance(allowed, dict) else allowed
    if not names:
        return MCP_TOOLS
    return {name: MCP_TOOLS.get(name, (name.replace("_", " ").capitalize() + ".", "query")) for name in names}


def wants_approval(source: Document, name: str) -> bool:
    rule = source.get("require_approval") or "always"
    if isinstance(rule, str):
        return rule == "always"
    always, never = [(rule.get(when) or {}).get("tool_names") for when in ("always", "never")]
    return name in always if always and not never else name not in (never or ())


def without_approval(tool: Tool) -> Tool:
    return replace(tool, ends_turn=False)


def _search(made: Made) -> list[Document]:
    action: Document = {"type": "search", "query": made.query, "queries": [made.query]}
    if "web_search_call.action.sources" in made.include:
        action["sources"] = [{"type": "url", "url": page["url"]} for page in pages(made.query)]
    return [{"id": made.new_id("ws_"), "type": "web_search_call", "status": "completed", "action": action}]


def pages(query: str) -> list[Document]:
    """Url and title of what a search finds."""
    words = [word for word in "".join([c if c.isalnum() else " " for c in query.lower()]).split() if len(word) > 3]
    slug = "-".join(words[:5]) or "overview"
    title = " ".join(words[:5]).capitalize() or "Overview"
    return [
        {"url": f"https://www.example.com/articles/{slug}", "title": title},
        {"url": f"https://news.example.org/{slug}", "title": f"{title}: what is known"},
    ]


def _file_search(made: Made) -> list[Document]:
    results = None
    if "file_search_call.results" in made.include:
        most = min(made.source.get("max_num_results") or 2, 2)
        results = [_found(made, number) for number in range(most)]
    item = {"id": made.new_id("fs_"), "type": "file_search_call", "status": "completed"}
    return [{**item, "queries": [made.query], "results": results}]


def _found(made: Made, number: int) -> Document:
    return {
        "file_id": f"file-{token(made.r)}",
        "filename": f"document-{number + 1}.txt",
        "score": round(0.95 - 0.1 * number - 0.1 * unit(made.r), 4),
        "text": f"About {made.query}",
        "attributes": {},
    }


def _interpret(made: Made) -> list[Document]:
    container = made.source.get("container")
    code = str(made.get("code", f"# {made.query}\nresult = 42\nprint(result)"))
    logs = [{"type": "logs", "logs": "42\n"}] if "code_interpreter_call.outputs" in made.include else None
    item = {"id": made.new_id("ci_"), "type": "code_interpreter_call", "status": "completed", "code": code}
    id = container if isinstance(container, str) else f"cntr_{hexadecimal(made.r, 48)}"
    return [{**item, "container_id": id, "outputs": logs}]


def _image(made: Made) -> list[Document]:
    size = str(made.source.get("size") or "auto")
    item = {"id": made.new_id("ig_"), "type": "image_generation_call", "status": "completed"}
    return [{**item, "result": picture_b64(size, made.r)}]


def _computer(made: Made) -> list[Document]:
    kind, action = made.source["type"], {"type": "screenshot"}
    what = {"action": action} if kind == "computer_use_preview" else {"actions": [action]}
    ids = {"id": made.new_id("cu_"), "type": "computer_call", "call_id": call_id(made.r)}
    return [{**ids, **what, "pending_safety_checks": [], "status": "completed"}]


def _local_shell(made: Made) -> list[Document]:
    action: Document = {"type": "exec", "command": ["bash", "-lc", _command(made)], "env": {}, "timeout_ms": None}
    ids = {"id": made.new_id("lsh_"), "type": "local_shell_call", "call_id": call_id(made.r)}
    return [{**ids, "action": action, "status": "completed"}]


def _shell(made: Made) -> list[Document]:
    command, environment = _command(made), made.source.get("environment") or {}
    call = call_id(made.r)
    action = {"commands": [command], "timeout_ms": None, "max_output_length": None}
    item = {"id": made.new_id("sh_"), "type": "shell_call", "call_id": call, "action": action, "status": "completed"}
    if _is_local(made.source):
        return [{**item, "environment": {"type": "local"}}]
    container = environment.get("container_id") or f"cntr_{hexadecimal(made.r, 48)}"
    output = {"stdout": "README.md\nsrc\n", "stderr": "", "outcome": {"type": "exit", "exit_code": 0}}
    said = {"id": made.new_id("sho_"), "type": "shell_call_output", "call_id": call, "status": "completed"}
    return [
        {**item, "environment": {"type": "container_reference", "container_id": container}},
        {**said, "output": [output], "max_output_length": None},
    ]


def _command(made: Made) -> str:
    return str(made.get("command", "ls -la"))


def _is_local(source: Document) -> bool:
    return bool((source.get("environment") or {}).get("type", "local") == "local")


def _patch(made: Made) -> list[Document]:
    path = str(made.get("path", "README.md"))
    lines = str(made.get("content", made.query)).splitlines() or [""]
    operation = {"type": "create_file", "path": path, "diff": "".join([f"+{line}\n" for line in lines])}
    ids = {"id": made.new_id("apc_"), "type": "apply_patch_call", "call_id": call_id(made.r)}
    return [{**ids, "status": "completed", "operation": operation}]


def _remote(made: Made) -> list[Document]:
    label, name = made.source["server_label"], made.tool.name
    if made.tool.ends_turn:
        item = {"id": made.new_id("mcpr_"), "type": "mcp_approval_request", "server_label": label}
        return [{**item, "name": name, "arguments": made.text}]
    approved = made.approved or {}
    item = {"id": made.new_id("mcp_"), "type": "mcp_call", "server_label": label, "name": name, "status": "completed"}
    facts = {"arguments": approved.get("arguments", made.text), "approval_request_id": approved.get("id")}
    return [{**item, **facts, "output": f"{name} found 1 result: {made.query}", "error": None}]


def call_id(r: Draw) -> str:
    return f"call_{token(r)}"


def listing(source: Document, id: str) -> Document:
    """The item by which a server's tools become known, once in a conversation."""
    tools = [
        {
            "name": name,
            "description": description,
            "input_schema": {"type": "object", "properties": {parameter: {"type": "string"}}, "required": [parameter]},
            "annotations": None,
        }
        for name, (description, parameter) in mcp_tools(source).items()
    ]
    return {"id": id, "type": "mcp_list_tools", "server_label": source["server_label"], "tools": tools, "error": None}


def hosted_kind(kind: str) -> str:
    """web_search for all its dated and preview names, and so on."""
    return next((known for known in HOSTED if kind == known or kind.startswith(f"{known}_")), kind)


TEXT = {"type": "string"}
HOSTED: dict[str, Hosted] = {
    "web_search": Hosted(
        "Search the web for current, latest or recent information, news, weather, prices and events.",
        {"query": TEXT},
        _search,
    ),
    "file_search": Hosted(
        "Search the uploaded files, documents and knowledge base for relevant passages.", {"query": TEXT}, _file_search
    ),
    "code_interpreter": Hosted(
        "Run Python code: calculate, compute, solve, plot a chart, analyze data.", {"code": TEXT}, _interpret
    ),
    "image_generation": Hosted("Generate, draw or edit an image or picture.", {"prompt": TEXT}, _image),
    "computer": Hosted(
        "Use the computer: screenshot, click, type, open the browser or a website.", {}, _computer, lambda source: True
    ),
    "local_shell": Hosted(
        "Run a shell command on the client's machine.", {"command": TEXT}, _local_shell, lambda s: True
    ),
    "shell": Hosted("Run shell commands: list files and directories.", {"command": TEXT}, _shell, _is_local),
    "apply_patch": Hosted(
        "Create, update, edit or delete a file of code by a patch.",
        {"path": TEXT, "content": TEXT},
        _patch,
        lambda source: True,
    ),
    "mcp": Server("", {}, _remote),
}
HOSTED = {kind: hosted._replace(kind=kind) for kind, hosted in HOSTED.items()}
