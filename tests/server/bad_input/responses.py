"""Responses."""

from base64 import b64encode
from typing import Any

from tests.server.bad_input.row import Body, Row

PATH = "/v1/responses"
INPUT_TOKENS, COMPACT = f"{PATH}/input_tokens", f"{PATH}/compact"
F: Body = {"type": "function", "name": "f", "parameters": {"type": "object"}}
OBJECT: Body = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
OPEN: Body = {"type": "object", "properties": {"a": {"type": "string"}}}
CALL: Body = {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"}
OUTPUT: Body = {"type": "function_call_output", "call_id": "call_1", "output": "x"}
USER: Body = {"role": "user", "content": "x"}
REASONING: Body = {"type": "reasoning", "id": "rs_1", "summary": []}
PNG = "https://a.b/c.png"


def ask(**change: Any) -> Body:
    return {"model": "gpt-4o", "input": "Hello"} | change


def items(*given: Any, **change: Any) -> Body:
    return ask(input=list(given)) | change


def part(**given: Any) -> Body:
    return items({"role": "user", "content": [given]})


def form(**change: Any) -> Body:
    return ask(text={"format": {"type": "json_schema", "name": "n", "schema": OBJECT} | change})


def tool(**given: Any) -> Body:
    return ask(tools=[given])


def raw(text: str | bytes) -> bytes:
    text = text.encode() if isinstance(text, str) else text
    return b'{"model": "gpt-4o", "input": "Hello", ' + text + b"}"


JSON_ROWS = {
    "no body": Row(b"", None, None, "parse the JSON body"),
    "truncated": Row(raw('"store": true')[:-1], None, None, "parse the JSON body"),
    "array": Row(b"[]", "invalid_type", None, "expected an object, but got an array"),
    "byte order mark": Row(b"\xef\xbb\xbf" + raw('"store": true'), None, None, "parse the JSON body"),
    "Latin-1": Row(raw('"user": "é"'.encode("latin-1")), None, None, "parse the JSON body"),
    "lone surrogate": Row(raw(r'"user": "\ud800"'), None, None, "parse the JSON body"),
    "NaN": Row(raw('"temperature": NaN'), None, None, "parse the JSON body"),
    "1e400": Row(raw('"temperature": 1e400'), None, None, "parse the JSON body"),
    "duplicate key, the last one bad": Row(raw('"store": true, "store": 1'), "invalid_type", "store", "got an integer"),
    "1,000 levels": Row(raw('"metadata": ' + "[" * 1000 + "]" * 1000), None, None, "parse the JSON body"),
    "a form": Row(b"model=gpt-4o", "unsupported_content_type", None, "x-www-form-urlencoded",
        content_type="application/x-www-form-urlencoded"),
}  # fmt: skip

ROWS = {
    "model missing": Row({"input": "x"}, "missing_required_parameter", "model", "'model'"),
    "model null": Row(ask(model=None), "invalid_type", "model", "got null"),
    "model a number": Row(ask(model=4), "invalid_type", "model", "got an integer"),
    "model unknown": Row(ask(model="gpt-17"), "model_not_found", None, "`gpt-17`", 404),
    "model for embeddings": Row(ask(model="text-embedding-3-small"), None, "model",
        "not supported with the Responses API"),
    "input missing": Row({"model": "gpt-4o"}, "missing_required_parameter", "input", "'input'"),
    "input null": Row(ask(input=None), "invalid_type", "input", "got null"),
    "input a number": Row(ask(input=5), "invalid_type", "input", "got an integer"),
    "input an object": Row(ask(input=USER), "invalid_type", "input", "got an object"),
    "unknown parameter": Row(ask(nonsense=1), "unknown_parameter", "nonsense", "'nonsense'"),
    "parameter of chat": Row(ask(messages=[USER]), "unknown_parameter", "messages", "'messages'"),
    "max_tokens of chat": Row(ask(max_tokens=20), "unknown_parameter", "max_tokens", "'max_tokens'"),
    "temperature a string": Row(ask(temperature="1"), "invalid_type", "temperature", "expected a decimal"),
    "temperature 2.1": Row(ask(temperature=2.1), "decimal_above_max_value", "temperature", "2.1"),
    "temperature of o3": Row(ask(model="o3", temperature=0.2), "unsupported_parameter", "temperature", "'temperature'"),
    "top_p -1": Row(ask(top_p=-1), "decimal_below_min_value", "top_p", "-1"),
    "15 output tokens": Row(ask(max_output_tokens=15), "integer_below_min_value", "max_output_tokens", ">= 16"),
    "too many output tokens": Row(ask(max_output_tokens=10**6), "invalid_value", "max_output_tokens", "1000000"),
    "output tokens a decimal": Row(ask(max_output_tokens=20.5), "invalid_type", "max_output_tokens", "got a decimal"),
    "top_logprobs 21": Row(ask(top_logprobs=21), "integer_above_max_value", "top_logprobs", "20"),
    "top_logprobs not included": Row(ask(top_logprobs=2), None, "top_logprobs", "'include'"),
    "include unknown": Row(ask(include=["everything"]), "invalid_value", "include[0]", "'everything'"),
    "store a string": Row(ask(store="no"), "invalid_type", "store", "expected a boolean"),
    "stream a number": Row(ask(stream=1), "invalid_type", "stream", "expected a boolean"),
    "stream_options without stream": Row(ask(stream_options={"include_obfuscation": False}), None, "stream_options",
        "'stream'"),
    "background without store": Row(ask(background=True, store=False), None, "background", "'store'"),
    "truncation unknown": Row(ask(truncation="some"), "invalid_value", "truncation", "'some'"),
    "metadata of 17": Row(ask(metadata={str(i): "x" for i in range(17)}), "object_above_max_properties", "metadata",
        "16"),
    "metadata of a number": Row(ask(metadata={"a": 1}), "invalid_type", "metadata.a", "expected a string"),
    "safety_identifier too long": Row(ask(safety_identifier="x" * 65), "string_above_max_length", "safety_identifier",
        "64"),
    "service tier unknown": Row(ask(service_tier="gold"), "invalid_value", "service_tier", "'gold'"),
    "reasoning of gpt-4o": Row(ask(reasoning={"effort": "low"}), "unsupported_parameter", "reasoning.effort",
        "'reasoning.effort'"),
    "effort unknown": Row(ask(model="o3", reasoning={"effort": "extreme"}), "invalid_value", "reasoning.effort",
        "'extreme'"),
    "effort of another model": Row(ask(model="o3", reasoning={"effort": "minimal"}), "unsupported_value",
        "reasoning.effort", "'minimal'"),
    "summary unknown": Row(ask(model="o3", reasoning={"summary": "short"}), "invalid_value", "reasoning.summary",
        "'short'"),
    "verbosity of gpt-4o": Row(ask(text={"verbosity": "low"}), "unsupported_value", "text.verbosity", "'low'"),
    "both ways to go on": Row(ask(previous_response_id="<kept>", conversation="<conversation>"),
        "mutually_exclusive_parameters", "previous_response_id", "'conversation'"),
    "previous response unknown": Row(ask(previous_response_id="resp_none"), "previous_response_not_found",
        "previous_response_id", "'resp_none'", 400),
    "previous response deleted": Row(ask(previous_response_id="<gone>"), "previous_response_not_found",
        "previous_response_id", "'<gone>'"),
    "previous response not kept": Row(ask(previous_response_id="<unkept>"), "previous_response_not_found",
        "previous_response_id", "'<unkept>'"),
    "previous response a number": Row(ask(previous_response_id=5), "invalid_type", "previous_response_id",
        "got an integer"),
    "conversation unknown": Row(ask(conversation="conv_none"), None, None,
        "Conversation with id 'conv_none' not found", 404),
    "conversation deleted": Row(ask(conversation={"id": "<gone conversation>"}), None, None, "'<gone conversation>'",
        404),
    "conversation without id": Row(ask(conversation={}), "missing_required_parameter", "conversation.id",
        "'conversation.id'"),
    "prompt of another kind": Row(ask(prompt={"id": "none"}), None, "prompt.id", "none", 404),
    "context management unknown": Row(ask(context_management=[{"type": "forget"}]), "invalid_value",
        "context_management[0].type", "'forget'"),
    "compaction of 999 tokens": Row(ask(context_management=[{"type": "compaction", "compact_threshold": 999}]),
        "integer_below_min_value", "context_management[0].compact_threshold", "1000"),
    "too long": Row(ask(model="gpt-4", input="word " * 9000), "context_length_exceeded", "input", "context window"),
}  # fmt: skip

ITEM_ROWS = {
    "item a string": Row(items("x"), "invalid_type", "input[0]", "got a string"),
    "item of unknown type": Row(items({"type": "smell"}), "invalid_value", "input[0].type", "'smell'"),
    "role unknown": Row(items({"role": "robot", "content": "x"}), "invalid_value", "input[0].role", "'robot'"),
    "message without content": Row(items({"role": "user"}), "missing_required_parameter", "input[0].content",
        "content"),
    "content a number": Row(items({"role": "user", "content": 5}), "invalid_type", "input[0].content",
        "got an integer"),
    "part of chat": Row(part(type="text", text="x"), "invalid_value", "input[0].content[0].type", "'text'"),
    "part without type": Row(part(text="x"), "missing_required_parameter", "input[0].content[0].type", "type"),
    "image of nothing": Row(part(type="input_image"), "missing_required_parameter", "input[0].content[0].image_url",
        "image_url"),
    "image an object": Row(part(type="input_image", image_url={"url": PNG}), "invalid_type",
        "input[0].content[0].image_url", "got an object"),
    "image by ftp": Row(part(type="input_image", image_url="ftp://a.b/c.png"), "invalid_image_url",
        "input[0].content[0].image_url", "image"),
    "image that is a text": Row(part(type="input_image",
        image_url="data:image/png;base64," + b64encode(b"Hello, no image here.").decode()), "invalid_image_format",
        "input[0].content[0].image_url", "image"),
    "image of bad base64": Row(part(type="input_image", image_url="data:image/png;base64,!!"), "invalid_image_format",
        "input[0].content[0].image_url", "image"),
    "image detail unknown": Row(part(type="input_image", image_url=PNG, detail="max"), "invalid_value",
        "input[0].content[0].detail", "'max'"),
    "image file unknown": Row(part(type="input_image", file_id="file-none"), None, "input[0].content[0].file_id",
        "file-none", 404),
    "image to a text model": Row(part(type="input_image", image_url=PNG) | {"model": "gpt-3.5-turbo"}, None,
        "input[0].content[0].type", "input_image"),
    "file unknown": Row(part(type="input_file", file_id="file-none"), None, "input[0].content[0].file_id",
        "file-none", 404),
    "file of nothing": Row(part(type="input_file"), "missing_required_parameter", "input[0].content[0].file_id",
        "file"),
    "file of bad base64": Row(part(type="input_file", filename="a.pdf", file_data="data:application/pdf;base64,!!"),
        "invalid_value", "input[0].content[0].file_data", "base64"),
    "call without output": Row(items(USER, CALL), None, "input", "No tool output found for function call call_1."),
    "output without call": Row(items(USER, OUTPUT), None, "input",
        "No tool call found for function call output with call_id call_1."),
    "output twice": Row(items(USER, CALL, OUTPUT, OUTPUT), None, "input",
        "No tool call found for function call output with call_id call_1."),
    "output before its call": Row(items(USER, OUTPUT, CALL), None, "input",
        "No tool call found for function call output with call_id call_1."),
    "output of another call": Row(items(USER, CALL, OUTPUT | {"call_id": "call_2"}), None, "input", "call_2"),
    "output without call id": Row(items(CALL, {"type": "function_call_output", "output": "x"}),
        "missing_required_parameter", "input[1].call_id", "call_id"),
    "output of an empty call id": Row(items(CALL, OUTPUT | {"call_id": ""}), "empty_string", "input[1].call_id",
        "empty string"),
    "call id too long": Row(items(CALL, OUTPUT | {"call_id": "c" * 65}), "string_above_max_length",
        "input[1].call_id", "64"),
    "output an object": Row(items(CALL, OUTPUT | {"output": {}}), "invalid_type", "input[1].output", "got an object"),
    "call without name": Row(items({"type": "function_call", "call_id": "c", "arguments": "{}"}),
        "missing_required_parameter", "input[0].name", "name"),
    "arguments an object": Row(items(CALL | {"arguments": {}}), "invalid_type", "input[0].arguments", "got an object"),
    "call with the id of a message": Row(items(CALL | {"id": "msg_1"}, OUTPUT), "invalid_value", "input[0].id", "'fc'"),
    "earlier call without output": Row(ask(previous_response_id="<calling>"), None, "input",
        "No tool output found for function call <call>."),
    "reasoning alone": Row(items(USER, REASONING, model="o3"), None, "input",
        "Item 'rs_1' of type 'reasoning' was provided without its required following item."),
    "reasoning before the user": Row(items(REASONING, USER, model="o3"), None, "input", "'rs_1'"),
    "reasoning of another": Row(items(USER, REASONING | {"encrypted_content": "gAAAA"}, {"role": "assistant",
        "content": "y"}, USER, model="o3"), "invalid_encrypted_content", "input[1].encrypted_content", "encrypted"),
    "compaction of another": Row(items({"type": "compaction", "encrypted_content": "gAAAA"}, USER),
        "invalid_encrypted_content", "input[0].encrypted_content", "encrypted"),
    "compaction in the middle": Row(items({"type": "compaction_trigger"}, USER), None, "input[0]",
        "must be the last input item"),
    "reference to nothing": Row(items({"type": "item_reference", "id": "msg_none"}), None, "input",
        "Item with id 'msg_none' not found", 404),
    "reference without id": Row(items({"type": "item_reference"}), "missing_required_parameter", "input[0].id", "id"),
}  # fmt: skip

TOOL_ROWS = {
    "tools an object": Row(ask(tools=F), "invalid_type", "tools", "expected an array"),
    "tool of unknown type": Row(tool(type="magic"), "invalid_value", "tools[0].type", "'magic'"),
    "tool of chat": Row(tool(type="function", function={"name": "f"}), "missing_required_parameter", "tools[0].name",
        "tools[0].name"),
    "function with a space in its name": Row(tool(type="function", name="a b"), "invalid_value", "tools[0].name",
        "pattern"),
    "function with an empty name": Row(tool(type="function", name=""), "invalid_value", "tools[0].name", "pattern"),
    "the same name twice": Row(ask(tools=[F, F]), "invalid_value", "tools[1].name", "'f'"),
    "parameters of no object": Row(tool(type="function", name="f", parameters={"type": "string"}),
        "invalid_function_parameters", "tools[0].parameters", "'f'"),
    "strict, but open": Row(tool(type="function", name="f", strict=True, parameters=OPEN),
        "invalid_function_parameters", "tools[0].parameters", "additionalProperties"),
    "strict a string": Row(tool(type="function", name="f", strict="yes", parameters=OBJECT), "invalid_type",
        "tools[0].strict", "expected a boolean"),
    "search without stores": Row(tool(type="file_search"), "missing_required_parameter", "tools[0].vector_store_ids",
        "vector_store_ids"),
    "search for 51 results": Row(tool(type="file_search", vector_store_ids=["vs_1"], max_num_results=51),
        "integer_above_max_value", "tools[0].max_num_results", "50"),
    "interpreter without container": Row(tool(type="code_interpreter"), "missing_required_parameter",
        "tools[0].container", "container"),
    "server without label": Row(tool(type="mcp", server_url="https://a.b"), "missing_required_parameter",
        "tools[0].server_label", "server_label"),
    "server without address": Row(tool(type="mcp", server_label="a"), "missing_required_parameter",
        "tools[0].server_url", "server_url"),
    "grammar that is none": Row(tool(type="custom", name="c", format={"type": "grammar", "syntax": "regex",
        "definition": "("}), "invalid_grammar", "tools[0].format.definition", "regex"),
    "tool_choice unknown": Row(ask(tools=[F], tool_choice="always"), "invalid_value", "tool_choice", "'always'"),
    "tool_choice of another": Row(ask(tools=[F], tool_choice={"type": "function", "name": "g"}), "invalid_value",
        "tool_choice", "'g'"),
    "tool_choice of a hosted one": Row(ask(tools=[F], tool_choice={"type": "file_search"}), "invalid_value",
        "tool_choice", "'file_search'"),
    "tool_choice without tools": Row(ask(tool_choice="required"), "invalid_value", "tool_choice", "'required'"),
    "parallel_tool_calls a string": Row(ask(parallel_tool_calls="no"), "invalid_type", "parallel_tool_calls",
        "expected a boolean"),
    "format of chat": Row(ask(text={"format": {"type": "json_schema", "json_schema": {"name": "n",
        "schema": OBJECT}}}), "missing_required_parameter", "text.format.name", "text.format.name"),
    "response_format of chat": Row(ask(response_format={"type": "json_object"}), "unknown_parameter",
        "response_format", "'response_format'"),
    "format unknown": Row(ask(text={"format": {"type": "xml"}}), "invalid_value", "text.format.type", "'xml'"),
    "format with a space in its name": Row(form(name="a b"), "invalid_value", "text.format.name", "pattern"),
    "format strict, but open": Row(form(strict=True, schema=OPEN), "invalid_json_schema", "text.format.schema",
        "additionalProperties"),
    "format of no schema": Row(form(schema={"type": "objet"}), "invalid_json_schema", "text.format.schema", "objet"),
    "format with an impossible schema": Row(form(schema={"allOf": [{"type": "string"}, {"type": "null"}]}),
        "invalid_json_schema", "text.format.schema", "no value is valid"),
    "json mode without json": Row(ask(text={"format": {"type": "json_object"}}), None, "input", "'json'"),
}  # fmt: skip

KEPT_ROWS = {
    "response unknown": Row(None, None, None, "Response with id 'resp_none' not found.", 404, f"{PATH}/resp_none",
        "GET"),
    "response deleted": Row(None, None, None, "Response with id '<gone>' not found.", 404, f"{PATH}/<gone>", "GET"),
    "response not kept": Row(None, None, None, "Response with id '<unkept>' not found.", 404, f"{PATH}/<unkept>",
        "GET"),
    "items of an unknown response": Row(None, None, None, "Response with id 'resp_none' not found.", 404,
        f"{PATH}/resp_none/input_items", "GET"),
    "deleted twice": Row(None, None, None, "Response with id '<gone>' not found.", 404, f"{PATH}/<gone>", "DELETE"),
    "cancelled an unknown one": Row(None, None, None, "Response with id 'resp_none' not found.", 404,
        f"{PATH}/resp_none/cancel"),
    "cancelled in the foreground": Row(None, None, None, "Cannot cancel a synchronous response.",
        path=f"{PATH}/<kept>/cancel"),
    "streamed in the foreground": Row(None, None, "stream", "stream", path=f"{PATH}/<kept>?stream=true", method="GET"),
    "started after a word": Row(None, "invalid_type", "starting_after", "starting_after",
        path=f"{PATH}/<kept>?stream=true&starting_after=x", method="GET"),
    "include unknown": Row(None, "invalid_value", "include[0]", "'all'", path=f"{PATH}/<kept>?include[]=all",
        method="GET"),
    "tokens of an unknown model": Row({"model": "gpt-17", "input": "x"}, "model_not_found", None, "`gpt-17`", 404,
        path=INPUT_TOKENS),
    "tokens of a number": Row({"model": "gpt-4o", "input": 5}, "invalid_type", "input", "got an integer",
        path=INPUT_TOKENS),
    "compacted without a model": Row({"input": "x"}, "missing_required_parameter", "model", "'model'", path=COMPACT),
    "compacted after an unknown one": Row({"model": "gpt-4o", "previous_response_id": "resp_none"},
        "previous_response_not_found", "previous_response_id", "'resp_none'", path=COMPACT),
}  # fmt: skip
