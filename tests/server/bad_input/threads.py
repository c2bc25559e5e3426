"""Assistants, threads, messages and runs."""

from typing import Any

from tests.server.bad_input.row import Body, Row

PATH = "/v1/assistants"
THREADS, IDLE, BUSY, OVER = "/v1/threads", "/v1/threads/<idle>", "/v1/threads/<busy>", "/v1/threads/<over>"
MESSAGES, RUNS = f"{IDLE}/messages", f"{IDLE}/runs"
OUTPUTS = f"{BUSY}/runs/<waiting>/submit_tool_outputs"
F: Body = {"type": "function", "function": {"name": "f"}}
HOSTED: Body = {"type": "code_interpreter"}


def assistant(**change: Any) -> Body:
    return {"model": "gpt-4o"} | change


def function(**change: Any) -> Body:
    return assistant(tools=[{"type": "function", "function": {"name": "f"} | change}])


def message(**change: Any) -> Body:
    return {"role": "user", "content": "x"} | change


def run(**change: Any) -> Body:
    return {"assistant_id": "<assistant>"} | change


def outputs(*given: Any) -> Body:
    return {"tool_outputs": list(given)}


OUTPUT: Body = {"tool_call_id": "<call>", "output": "x"}
OPEN: Body = {"type": "object", "properties": {"a": {"type": "string"}}}

ASSISTANT_ROWS = {
    "truncated": Row(b'{"model": "gpt-4o"', None, None, "parse the JSON body"),
    "a form": Row(b"model=gpt-4o", "unsupported_content_type", None, "x-www-form-urlencoded",
        content_type="application/x-www-form-urlencoded"),
    "array": Row(b"[]", "invalid_type", None, "expected an object"),
    "model missing": Row({}, "missing_required_parameter", "model", "'model'"),
    "model a number": Row({"model": 4}, "invalid_type", "model", "expected a string"),
    "model unknown": Row({"model": "gpt-17"}, "model_not_found", None, "`gpt-17`", 404),
    "model for embeddings": Row({"model": "text-embedding-3-small"}, "unsupported_model", "model",
        "'text-embedding-3-small'"),
    "unknown parameter": Row(assistant(colour=1), "unknown_parameter", "colour", "'colour'"),
    "name too long": Row(assistant(name="x" * 257), "string_above_max_length", "name", "256"),
    "name a number": Row(assistant(name=1), "invalid_type", "name", "expected a string"),
    "description too long": Row(assistant(description="x" * 513), "string_above_max_length", "description", "512"),
    "instructions too long": Row(assistant(instructions="x" * 256_001), "string_above_max_length", "instructions",
        "256000"),
    "tools an object": Row(assistant(tools=F), "invalid_type", "tools", "expected an array"),
    "129 tools": Row(assistant(tools=[{"type": "function", "function": {"name": f"f{i}"}} for i in range(129)]),
        "array_above_max_length", "tools", "128"),
    "tool of unknown type": Row(assistant(tools=[{"type": "magic"}]), "invalid_value", "tools[0].type", "'magic'"),
    "tool without type": Row(assistant(tools=[{}]), "missing_required_parameter", "tools[0].type", "type"),
    "function without name": Row(assistant(tools=[{"type": "function", "function": {}}]),
        "missing_required_parameter", "tools[0].function.name", "name"),
    "function with a space in its name": Row(function(name="a b"), "invalid_value", "tools[0].function.name",
        "pattern"),
    "the same name twice": Row(assistant(tools=[F, F]), "invalid_value", "tools[1]", "'f'"),
    "parameters of no object": Row(function(parameters={"type": "string"}), "invalid_function_parameters",
        "tools[0].function.parameters", "'f'"),
    "strict, but open": Row(function(strict=True, parameters=OPEN), "invalid_function_parameters",
        "tools[0].function.parameters", "additionalProperties"),
    "search results of 51": Row(assistant(tools=[{"type": "file_search", "file_search": {"max_num_results": 51}}]),
        "integer_above_max_value", "tools[0].file_search.max_num_results", "50"),
    "search threshold of 2": Row(assistant(tools=[{"type": "file_search",
        "file_search": {"ranking_options": {"score_threshold": 2}}}]), "decimal_above_max_value",
        "tools[0].file_search.ranking_options.score_threshold", "1"),
    "21 files": Row(assistant(tool_resources={"code_interpreter": {"file_ids": ["f"] * 21}}),
        "array_above_max_length", "tool_resources.code_interpreter.file_ids", "20"),
    "2 vector stores": Row(assistant(tool_resources={"file_search": {"vector_store_ids": ["a", "b"]}}),
        "array_above_max_length", "tool_resources.file_search.vector_store_ids", "1"),
    "temperature 3": Row(assistant(temperature=3), "decimal_above_max_value", "temperature", "3"),
    "top_p a string": Row(assistant(top_p="1"), "invalid_type", "top_p", "expected a decimal"),
    "temperature of o3-mini": Row({"model": "o3-mini", "temperature": 0.5}, "unsupported_value", "temperature", "0.5"),
    "effort of gpt-4o": Row(assistant(reasoning_effort="low"), "unsupported_parameter", "reasoning_effort",
        "'reasoning_effort'"),
    "format unknown": Row(assistant(response_format={"type": "yaml"}), "invalid_value", "response_format.type",
        "'yaml'"),
    "format a word": Row(assistant(response_format="json"), "invalid_value", "response_format", "'json'"),
    "format without name": Row(assistant(response_format={"type": "json_schema", "json_schema": {}}),
        "missing_required_parameter", "response_format.json_schema.name", "name"),
    "format strict, but open": Row(assistant(response_format={"type": "json_schema", "json_schema": {"name": "n",
        "strict": True, "schema": OPEN}}), None, "response_format", "additionalProperties"),
    "metadata of 17": Row(assistant(metadata={str(i): "x" for i in range(17)}), "object_above_max_properties",
        "metadata", "16"),
    "metadata of a number": Row(assistant(metadata={"a": 1}), "invalid_type", "metadata.a", "expected a string"),
    "assistant unknown": Row(None, None, None, "No assistant found with id 'asst_none'", 404, f"{PATH}/asst_none",
        "GET"),
    "assistant deleted": Row(None, None, None, "No assistant found with id '<gone assistant>'", 404,
        f"{PATH}/<gone assistant>", "GET"),
    "assistant deleted twice": Row(None, None, None, "No assistant found with id '<gone assistant>'", 404,
        f"{PATH}/<gone assistant>", "DELETE"),
    "assistant deleted, then changed": Row({"name": "x"}, None, None, "No assistant found", 404,
        f"{PATH}/<gone assistant>"),
    "assistant changed to no model": Row({"model": "gpt-17"}, "model_not_found", None, "`gpt-17`", 404,
        f"{PATH}/<assistant>"),
    "list of 101": Row(None, "integer_above_max_value", "limit", "100", path=f"{PATH}?limit=101", method="GET"),
    "list of words": Row(None, "invalid_type", "limit", "limit", path=f"{PATH}?limit=all", method="GET"),
    "list in disorder": Row(None, "invalid_value", "order", "'up'", path=f"{PATH}?order=up", method="GET"),
    "list after nothing": Row(None, None, "after", "asst_none", 404, path=f"{PATH}?after=asst_none", method="GET"),
}  # fmt: skip

THREAD_ROWS = {
    "messages an object": Row({"messages": {}}, "invalid_type", "messages", "expected an array", path=THREADS),
    "message without role": Row({"messages": [{"content": "x"}]}, "missing_required_parameter", "messages[0].role",
        "role", path=THREADS),
    "message without content": Row({"messages": [{"role": "user"}]}, "missing_required_parameter",
        "messages[0].content", "content", path=THREADS),
    "message of the system": Row({"messages": [message(role="system")]}, "invalid_value", "messages[0].role",
        "'system'", path=THREADS),
    "message saying nothing": Row({"messages": [message(content="")]}, None, "messages[0].content", "non-empty",
        path=THREADS),
    "resources a list": Row({"tool_resources": []}, "invalid_type", "tool_resources", "expected an object",
        path=THREADS),
    "metadata a string": Row({"metadata": "x"}, "invalid_type", "metadata", "expected an object", path=THREADS),
    "thread unknown": Row(None, None, None, "No thread found with id 'thread_none'", 404, f"{THREADS}/thread_none",
        "GET"),
    "thread deleted": Row(None, None, None, "No thread found with id '<gone>'", 404, f"{THREADS}/<gone>", "GET"),
    "messages of a deleted thread": Row(None, None, None, "No thread found with id '<gone>'", 404,
        f"{THREADS}/<gone>/messages", "GET"),
    "said to a deleted thread": Row(message(), None, None, "No thread found with id '<gone>'", 404,
        f"{THREADS}/<gone>/messages"),
    "run on a deleted thread": Row(run(), None, None, "No thread found with id '<gone>'", 404,
        f"{THREADS}/<gone>/runs"),
    "said by a wizard": Row(message(role="wizard"), "invalid_value", "role", "'wizard'", path=MESSAGES),
    "said nothing": Row(message(content=[]), "empty_array", "content", "empty array", path=MESSAGES),
    "content null": Row(message(content=None), "invalid_type", "content", "got null", path=MESSAGES),
    "content a number": Row(message(content=5), "invalid_type", "content", "got an integer", path=MESSAGES),
    "part unknown": Row(message(content=[{"type": "smell"}]), "invalid_value", "content[0].type", "'smell'",
        path=MESSAGES),
    "image file without id": Row(message(content=[{"type": "image_file", "image_file": {}}]),
        "missing_required_parameter", "content[0].image_file.file_id", "file_id", path=MESSAGES),
    "image detail unknown": Row(message(content=[{"type": "image_url", "image_url": {"url": "https://a.b/c.png",
        "detail": "max"}}]), "invalid_value", "content[0].image_url.detail", "'max'", path=MESSAGES),
    "attachments an object": Row(message(attachments={}), "invalid_type", "attachments", "expected an array",
        path=MESSAGES),
    "attached for no tool": Row(message(attachments=[{"file_id": "f", "tools": [{"type": "function"}]}]),
        "invalid_value", "attachments[0].tools[0].type", "'function'", path=MESSAGES),
    "said during a run": Row(message(), None, None, "Can't add messages to <busy> while a run <waiting> is active",
        path=f"{BUSY}/messages"),
    "message unknown": Row(None, None, None, "No message found with id 'msg_none'", 404, f"{MESSAGES}/msg_none", "GET"),
    "message of another thread": Row(None, None, None, "No message found with id '<message>'", 404,
        f"{BUSY}/messages/<message>", "GET"),
    "message changed in its content": Row({"content": "y"}, "unknown_parameter", "content", "'content'",
        path=f"{MESSAGES}/<message>"),
}  # fmt: skip

RUN_ROWS = {
    "assistant missing": Row({}, "missing_required_parameter", "assistant_id", "'assistant_id'", path=RUNS),
    "assistant null": Row({"assistant_id": None}, "invalid_type", "assistant_id", "got null", path=RUNS),
    "assistant unknown": Row({"assistant_id": "asst_none"}, None, None, "No assistant found with id 'asst_none'", 404,
        RUNS),
    "assistant deleted": Row({"assistant_id": "<gone assistant>"}, None, None,
        "No assistant found with id '<gone assistant>'", 404, RUNS),
    "thread unknown": Row(run(), None, None, "No thread found with id 'thread_none'", 404,
        f"{THREADS}/thread_none/runs"),
    "model unknown": Row(run(model="gpt-17"), "model_not_found", None, "`gpt-17`", 404, RUNS),
    "21 tools": Row(run(tools=[HOSTED] * 21), "array_above_max_length", "tools", "20", path=RUNS),
    "255 tokens": Row(run(max_completion_tokens=255), "integer_below_min_value", "max_completion_tokens", "256",
        path=RUNS),
    "255 tokens of prompt": Row(run(max_prompt_tokens=255), "integer_below_min_value", "max_prompt_tokens", "256",
        path=RUNS),
    "temperature -1": Row(run(temperature=-1), "decimal_below_min_value", "temperature", "-1", path=RUNS),
    "truncation unknown": Row(run(truncation_strategy={"type": "x"}), "invalid_value", "truncation_strategy.type",
        "'x'", path=RUNS),
    "truncation to 0 messages": Row(run(truncation_strategy={"type": "last_messages", "last_messages": 0}),
        "integer_below_min_value", "truncation_strategy.last_messages", "1", path=RUNS),
    "tool_choice unknown": Row(run(tool_choice="always"), "invalid_value", "tool_choice", "'always'", path=RUNS),
    "tool_choice of another": Row(run(tool_choice={"type": "function", "function": {"name": "g"}}), "invalid_value",
        "tool_choice", "'g'", path=RUNS),
    "tool_choice of no tools": Row(run(tools=[], tool_choice="required"), "invalid_value", "tool_choice",
        "tool_choice", path=RUNS),
    "the same name twice": Row(run(tools=[F, F]), "invalid_value", "tools[1]", "'f'", path=RUNS),
    "additional messages of nothing": Row(run(additional_messages=[message(content="")]), None,
        "additional_messages[0].content", "non-empty", path=RUNS),
    "stream a string": Row(run(stream="yes"), "invalid_type", "stream", "expected a boolean", path=RUNS),
    "effort of another model": Row(run(model="gpt-4o", reasoning_effort="high"), "unsupported_parameter",
        "reasoning_effort", "reasoning_effort", path=RUNS),
    "run during a run": Row(run(), None, None, "Thread <busy> already has an active run <waiting>",
        path=f"{BUSY}/runs"),
    "run with a thread, assistant unknown": Row({"assistant_id": "asst_none"}, None, None,
        "No assistant found with id 'asst_none'", 404, f"{THREADS}/runs"),
    "run with a thread that says nothing": Row(run(thread={"messages": [message(content="")]}), None,
        "messages[0].content", "non-empty", path=f"{THREADS}/runs"),
    "run unknown": Row(None, None, None, "No run found with id 'run_none'", 404, f"{RUNS}/run_none", "GET"),
    "run of another thread": Row(None, None, None, "No run found with id '<waiting>'", 404, f"{RUNS}/<waiting>", "GET"),
    "steps of an unknown run": Row(None, None, None, "No run found with id 'run_none'", 404, f"{RUNS}/run_none/steps",
        "GET"),
    "step unknown": Row(None, None, None, "No step found with id 'step_none'", 404,
        f"{OVER}/runs/<done>/steps/step_none", "GET"),
    "run changed in its model": Row({"model": "gpt-4o"}, "unknown_parameter", "model", "'model'",
        path=f"{OVER}/runs/<done>"),
    "cancelled when over": Row({}, None, None, "Cannot cancel run with status 'completed'",
        path=f"{OVER}/runs/<done>/cancel"),
    "cancelled an unknown run": Row({}, None, None, "No run found with id 'run_none'", 404, f"{RUNS}/run_none/cancel"),
    "outputs missing": Row({}, "missing_required_parameter", "tool_outputs", "'tool_outputs'", path=OUTPUTS),
    "outputs an object": Row({"tool_outputs": OUTPUT}, "invalid_type", "tool_outputs", "expected an array",
        path=OUTPUTS),
    "no outputs": Row(outputs(), None, "tool_outputs", "Expected tool outputs for call_ids ['<call>'], got []",
        path=OUTPUTS),
    "output of another call": Row(outputs(OUTPUT | {"tool_call_id": "call_x"}), None, "tool_outputs",
        "got ['call_x']", path=OUTPUTS),
    "output twice": Row(outputs(OUTPUT, OUTPUT), None, "tool_outputs", "got ['<call>', '<call>']", path=OUTPUTS),
    "output without its call": Row(outputs({"output": "x"}), None, "tool_outputs",
        "Expected tool outputs for call_ids ['<call>']", path=OUTPUTS),
    "output a number": Row(outputs(OUTPUT | {"output": 5}), "invalid_type", "tool_outputs[0].output",
        "expected a string", path=OUTPUTS),
    "outputs of a run that is over": Row(outputs(OUTPUT), None, None,
        'Runs in status "completed" do not accept tool outputs', path=f"{OVER}/runs/<done>/submit_tool_outputs"),
    "outputs of an unknown run": Row(outputs(OUTPUT), None, None, "No run found with id 'run_none'", 404,
        f"{RUNS}/run_none/submit_tool_outputs"),
}  # fmt: skip
