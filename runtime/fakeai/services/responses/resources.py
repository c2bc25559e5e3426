"""Input items as they are stored and listed: with ids, and with what a request may leave out."""

from collections.abc import Callable

from fakeai.core.operation import Document
from fakeai.services.responses.inputs import kind_of

PREFIXES = {
    "message": "msg_",
    "function_call": "fc_",
    "function_call_output": "fco_",
    "custom_tool_call": "ctc_",
    "custom_tool_call_output": "ctco_",
    "reasoning": "rs_",
    "web_search_call": "ws_",
    "file_search_call": "fs_",
    "code_interpreter_call": "ci_",
    "image_generation_call": "ig_",
    "computer_call": "cu_",
    "computer_call_output": "cuo_",
    "mcp_call": "mcp_",
    "mcp_list_tools": "mcpl_",
    "mcp_approval_request": "mcpr_",
    "mcp_approval_response": "mcpa_",
    "local_shell_call": "lsh_",
    "local_shell_call_output": "lsho_",
    "shell_call": "sh_",
    "shell_call_output": "sho_",
    "apply_patch_call": "apc_",
    "apply_patch_call_output": "apco_",
    "compaction": "cmp_",
}
STATELESS = {"compaction", "mcp_list_tools", "mcp_approval_request", "mcp_approval_response", "reasoning", "mcp_call"}
"""Types whose items have no status, or none that a request leaves out."""
FILLED: dict[str, Document] = {
    "code_interpreter_call": {"code": None, "outputs": None},
    "image_generation_call": {"result": None},
    "shell_call": {"environment": None},
    "shell_call_output": {"max_output_length": None},
    "tool_search_call": {"call_id": None, "execution": "server"},
    "tool_search_output": {"call_id": None, "execution": "server"},
}
"""What an item has to say, but a request need not."""
FILLED_PARTS: dict[str, Document] = {
    "output_text": {"annotations": [], "logprobs": []},
    "input_image": {"detail": "auto", "file_id": None, "image_url": None},
}


def resource(item: Document, new_id: Callable[[str], str]) -> Document:
    """`new_id` makes an id from a prefix, for an item that has none."""
    kind = kind_of(item)
    id = item.get("id") or new_id(PREFIXES.get(kind, "item_"))
    stored = FILLED.get(kind, {}) | _said(item) | {"id": id, "type": kind}
    if kind not in STATELESS:
        stored.setdefault("status", "completed")
    if kind == "message":
        stored["content"] = _content(item)
    elif isinstance(item.get("output"), list):
        stored["output"] = [_part(part) for part in item["output"]]
    elif kind == "shell_call":
        stored["action"] = {"timeout_ms": None, "max_output_length": None} | item["action"]
    return stored


def _said(part: Document) -> Document:
    """Null says nothing."""
    return {name: value for name, value in part.items() if value is not None}


def _content(item: Document) -> list[Document]:
    content = item["content"]
    kind = "output_text" if item["role"] == "assistant" else "input_text"
    return [_part(part) for part in ([{"type": kind, "text": content}] if isinstance(content, str) else content)]


def _part(part: Document) -> Document:
    return FILLED_PARTS.get(part.get("type", ""), {}) | _said(part)
