"""Conversations."""

from typing import Any

from tests.server.bad_input.row import Body, Row

PATH = "/v1/conversations"
ITEMS = f"{PATH}/<conversation>/items"
MESSAGE: Body = {"type": "message", "role": "user", "content": "x"}


def items(*given: Any) -> Body:
    return {"items": list(given)}


GONE = "Conversation with id '<gone conversation>' not found."

ROWS = {
    "truncated": Row(b'{"items": [', None, None, "parse the JSON body"),
    "array": Row(b"[]", "invalid_type", None, "expected an object"),
    "a form": Row(b"items=x", "unsupported_content_type", None, "x-www-form-urlencoded",
        content_type="application/x-www-form-urlencoded"),
    "unknown parameter": Row({"title": "x"}, "unknown_parameter", "title", "'title'"),
    "items an object": Row({"items": MESSAGE}, "invalid_type", "items", "expected an array"),
    "21 items": Row(items(*[MESSAGE] * 21), "array_above_max_length", "items", "20"),
    "item a string": Row(items("x"), "invalid_type", "items[0]", "got a string"),
    "item of unknown type": Row(items({"type": "smell"}), "invalid_value", "items[0].type", "'smell'"),
    "role unknown": Row(items(MESSAGE | {"role": "robot"}), "invalid_value", "items[0].role", "'robot'"),
    "message without content": Row(items({"type": "message", "role": "user"}), "missing_required_parameter",
        "items[0].content", "content"),
    "reference to nothing": Row(items({"type": "item_reference", "id": "msg_none"}), None, "items",
        "Item with id 'msg_none' not found", 404),
    "metadata a list": Row({"metadata": []}, "invalid_type", "metadata", "expected an object"),
    "metadata of 17": Row({"metadata": {str(i): "x" for i in range(17)}}, "object_above_max_properties", "metadata",
        "16"),
    "metadata with a long name": Row({"metadata": {"a" * 65: "x"}}, "string_above_max_length", "metadata." + "a" * 65,
        "64"),
    "unknown": Row(None, None, None, "Conversation with id 'conv_none' not found.", 404, f"{PATH}/conv_none", "GET"),
    "deleted": Row(None, None, None, GONE, 404, f"{PATH}/<gone conversation>", "GET"),
    "deleted twice": Row(None, None, None, GONE, 404, f"{PATH}/<gone conversation>", "DELETE"),
    "deleted, then changed": Row({"metadata": {}}, None, None, GONE, 404, f"{PATH}/<gone conversation>"),
    "changed without metadata": Row({}, "missing_required_parameter", "metadata", "'metadata'",
        path=f"{PATH}/<conversation>"),
    "metadata a string": Row({"metadata": "x"}, "invalid_type", "metadata", "expected an object",
        path=f"{PATH}/<conversation>"),
    "added nothing": Row({}, "missing_required_parameter", "items", "'items'", path=ITEMS),
    "added 21 items": Row(items(*[MESSAGE] * 21), "array_above_max_length", "items", "20", path=ITEMS),
    "added to a deleted one": Row(items(MESSAGE), None, None, GONE, 404, f"{PATH}/<gone conversation>/items"),
    "items of a deleted one": Row(None, None, None, GONE, 404, f"{PATH}/<gone conversation>/items", "GET"),
    "item unknown": Row(None, None, None, "msg_none", 404, f"{ITEMS}/msg_none", "GET"),
    "item deleted that is unknown": Row(None, None, None, "msg_none", 404, f"{ITEMS}/msg_none", "DELETE"),
    "101 items": Row(None, "integer_above_max_value", "limit", "100", path=f"{ITEMS}?limit=101", method="GET"),
    "items in disorder": Row(None, "invalid_value", "order", "'up'", path=f"{ITEMS}?order=up", method="GET"),
    "include unknown": Row(None, "invalid_value", "include[0]", "'all'", path=f"{ITEMS}?include[]=all", method="GET"),
}  # fmt: skip
