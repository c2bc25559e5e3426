"""Embeddings, moderations, legacy completions."""

from base64 import b64encode
from typing import Any

from tests.server.bad_input.row import Body, Row

PATH = "/v1/embeddings"
MODERATIONS, COMPLETIONS = "/v1/moderations", "/v1/completions"
FORM = "application/x-www-form-urlencoded"


def embed(**change: Any) -> Body:
    return {"model": "text-embedding-3-small", "input": "x"} | change


def moderate(given: Any, **change: Any) -> Body:
    return {"input": given} | change


def complete(**change: Any) -> Body:
    return {"model": "gpt-3.5-turbo-instruct", "prompt": "x"} | change


def image(url: Any) -> Body:
    return {"type": "image_url", "image_url": {"url": url}}


PNG = "https://a.b/c.png"
TEXT_AS_PNG = "data:image/png;base64," + b64encode(b"Hello, no image here.").decode()

EMBEDDING_ROWS = {
    "truncated": Row(b'{"model": "text-embedding-3-small", "input": "x"', None, None, "parse the JSON body"),
    "a form": Row(b"input=x", "unsupported_content_type", None, "x-www-form-urlencoded", content_type=FORM),
    "lone surrogate": Row(rb'{"model": "text-embedding-3-small", "input": "\udc00"}', None, None,
        "parse the JSON body"),
    "model missing": Row({"input": "x"}, "missing_required_parameter", "model", "'model'"),
    "model null": Row(embed(model=None), "invalid_type", "model", "got null"),
    "model unknown": Row(embed(model="text-embedding-9"), "model_not_found", None, "`text-embedding-9`", 404),
    "model for chat": Row(embed(model="gpt-4o"), None, "model", "not allowed to generate embeddings", 403),
    "input missing": Row({"model": "text-embedding-3-small"}, "missing_required_parameter", "input", "'input'"),
    "input null": Row(embed(input=None), "invalid_type", "input", "got null"),
    "input empty": Row(embed(input=""), None, "input", "$.input"),
    "input an empty array": Row(embed(input=[]), "empty_array", "input", "empty array"),
    "input with an empty text": Row(embed(input=["x", ""]), None, "input", "$.input"),
    "input with an empty array": Row(embed(input=[[]]), "empty_array", "input[0]", "empty array"),
    "input an object": Row(embed(input={"text": "x"}), "invalid_type", "input", "one of a string"),
    "input a number": Row(embed(input=5), "invalid_type", "input", "got an integer"),
    "input of texts and numbers": Row(embed(input=["x", 5]), "invalid_type", "input[1]", "got an integer"),
    "input of nulls": Row(embed(input=[None]), "invalid_type", "input[0]", "got null"),
    "input of decimals": Row(embed(input=[1.5]), "invalid_type", "input[0]", "got a decimal"),
    "input of 2,049 texts": Row(embed(input=["x"] * 2049), "array_above_max_length", "input", "2048"),
    "token beyond the vocabulary": Row(embed(input=[999_999]), None, "input", "999999"),
    "token below 0": Row(embed(input=[-1]), None, "input", "-1"),
    "token beyond it in an array": Row(embed(input=[[5], [999_999]]), None, "input", "999999"),
    "too long": Row(embed(input="word " * 9000), "context_length_exceeded", "input", "8192"),
    "300,001 tokens": Row(embed(input=["word " * 3000] * 101), "max_tokens_per_request", "input", "300000",
        type="max_tokens_per_request"),
    "dimensions 0": Row(embed(dimensions=0), "integer_below_min_value", "dimensions", "1"),
    "dimensions a string": Row(embed(dimensions="256"), "invalid_type", "dimensions", "expected an integer"),
    "dimensions beyond the model's": Row(embed(dimensions=1537), None, "dimensions", "1536"),
    "dimensions of ada": Row(embed(model="text-embedding-ada-002", dimensions=256), None, "dimensions",
        "does not support specifying dimensions"),
    "encoding unknown": Row(embed(encoding_format="hex"), "invalid_value", "encoding_format", "'hex'"),
    "encoding a number": Row(embed(encoding_format=64), "invalid_type", "encoding_format", "got an integer"),
    "user a number": Row(embed(user=5), "invalid_type", "user", "expected a string"),
    "unknown parameter": Row(embed(nonsense=1), None, None, "nonsense"),
}  # fmt: skip

MODERATION_ROWS = {
    "truncated": Row(b'{"input": ["x"', None, None, "parse the JSON body"),
    "a form": Row(b"input=x", "unsupported_content_type", None, "x-www-form-urlencoded", content_type=FORM),
    "input missing": Row({}, "missing_required_parameter", "input", "'input'"),
    "input null": Row(moderate(None), "invalid_type", "input", "got null"),
    "input a number": Row(moderate(5), "invalid_type", "input", "got an integer"),
    "input an object": Row(moderate({"type": "text", "text": "x"}), "invalid_type", "input", "one of a string"),
    "input an empty array": Row(moderate([]), "empty_array", "input", "empty array"),
    "input of numbers": Row(moderate([5]), "invalid_type", "input[0]", "got an integer"),
    "input of nulls": Row(moderate([None]), "invalid_type", "input[0]", "got null"),
    "texts and parts": Row(moderate(["x", {"type": "text", "text": "y"}]), "invalid_type", "input[1]", "got an object"),
    "parts and texts": Row(moderate([{"type": "text", "text": "y"}, "x"]), "invalid_type", "input[1]", "got a string"),
    "part without type": Row(moderate([{"text": "x"}]), "missing_required_parameter", "input[0].type", "type"),
    "part of unknown type": Row(moderate([{"type": "smell"}]), "invalid_value", "input[0].type", "'smell'"),
    "part without text": Row(moderate([{"type": "text"}]), "missing_required_parameter", "input[0].text", "text"),
    "text a number": Row(moderate([{"type": "text", "text": 5}]), "invalid_type", "input[0].text", "expected a string"),
    "image without url": Row(moderate([{"type": "image_url", "image_url": {}}]), "missing_required_parameter",
        "input[0].image_url.url", "url"),
    "image a string": Row(moderate([{"type": "image_url", "image_url": PNG}]), "invalid_type", "input[0].image_url",
        "expected an object"),
    "image by ftp": Row(moderate([image("ftp://a.b/c.png")]), "invalid_image_url", "input[0].image_url.url", "image"),
    "image that is a text": Row(moderate([image(TEXT_AS_PNG)]), "invalid_image_format", "input[0].image_url.url",
        "image"),
    "image of bad base64": Row(moderate([image("data:image/png;base64,!!")]), "invalid_image_format",
        "input[0].image_url.url", "image"),
    "two images": Row(moderate([image(PNG), image(PNG)]), "too_many_images", "input", "2"),
    "image for a text model": Row(moderate([image(PNG)], model="text-moderation-latest"), "invalid_value", "input",
        "image"),
    "model a number": Row(moderate("x", model=5), "invalid_type", "model", "expected a string"),
    "model unknown": Row(moderate("x", model="moderation-9"), "model_not_found", None, "`moderation-9`", 404),
    "model for chat": Row(moderate("x", model="gpt-4o"), None, "model", "gpt-4o"),
    "unknown parameter": Row(moderate("x", nonsense=1), None, None, "nonsense"),
}  # fmt: skip

COMPLETION_ROWS = {
    "truncated": Row(b'{"model": "gpt-3.5-turbo-instruct"', None, None, "parse the JSON body"),
    "a form": Row(b"prompt=x", "unsupported_content_type", None, "x-www-form-urlencoded", content_type=FORM),
    "model missing": Row({"prompt": "x"}, "missing_required_parameter", "model", "'model'"),
    "model unknown": Row(complete(model="davinci-9"), "model_not_found", None, "`davinci-9`", 404),
    "model for chat": Row(complete(model="gpt-4o"), None, "model", "This is a chat model", 404),
    "prompt a number": Row(complete(prompt=5), "invalid_type", "prompt", "got an integer"),
    "prompt an object": Row(complete(prompt={}), "invalid_type", "prompt", "got an object"),
    "prompt of texts and numbers": Row(complete(prompt=["x", 5]), "invalid_type", "prompt[1]", "got an integer"),
    "token beyond the vocabulary": Row(complete(prompt=[999_999]), None, "prompt", "999999"),
    "token below 0": Row(complete(prompt=[[-1]]), None, "prompt", "-1"),
    "prompt too long": Row(complete(prompt="word " * 5000), "context_length_exceeded", "prompt", "4096"),
    "no room for the answer": Row(complete(max_tokens=4096), "context_length_exceeded", "prompt", "4096"),
    "max_tokens -1": Row(complete(max_tokens=-1), "integer_below_min_value", "max_tokens", "-1"),
    "max_tokens 0 without echo": Row(complete(max_tokens=0), "integer_below_min_value", "max_tokens", "0"),
    "n 0": Row(complete(n=0), "integer_below_min_value", "n", "0"),
    "n 129": Row(complete(n=129), "integer_above_max_value", "n", "128"),
    "best_of 21": Row(complete(best_of=21), "integer_above_max_value", "best_of", "20"),
    "best_of below n": Row(complete(best_of=1, n=2), None, "best_of", "best_of"),
    "best_of streamed": Row(complete(best_of=2, stream=True), None, "best_of", "stream"),
    "logprobs 6": Row(complete(logprobs=6), "integer_above_max_value", "logprobs", "5"),
    "logprobs true": Row(complete(logprobs=True), "invalid_type", "logprobs", "expected an integer"),
    "temperature 3": Row(complete(temperature=3), "decimal_above_max_value", "temperature", "3"),
    "top_p -1": Row(complete(top_p=-1), "decimal_below_min_value", "top_p", "-1"),
    "penalty 3": Row(complete(presence_penalty=3), "decimal_above_max_value", "presence_penalty", "3"),
    "stop of 5": Row(complete(stop=list("abcde")), "array_above_max_length", "stop", "4"),
    "stop a number": Row(complete(stop=5), "invalid_type", "stop", "one of a string"),
    "suffix of another model": Row(complete(model="davinci-002", suffix="y"), "unsupported_parameter", "suffix",
        "'suffix'"),
    "echo a string": Row(complete(echo="yes"), "invalid_type", "echo", "expected a boolean"),
    "logit_bias of a word": Row(complete(logit_bias={"word": 1}), None, "logit_bias", "word"),
    "logit_bias 101": Row(complete(logit_bias={"5": 101}), "integer_above_max_value", "logit_bias.5", "101"),
    "stream_options without stream": Row(complete(stream_options={"include_usage": True}), None, "stream_options",
        "'stream'"),
    "messages instead of a prompt": Row(complete(messages=[{"role": "user", "content": "x"}]), None, None, "messages"),
}  # fmt: skip
