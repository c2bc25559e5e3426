"""What a resource is called in messages, and the 404 of an object that does not exist."""

from fakeai.core.errors import NotFound

_SIBILANT = ("ches", "shes", "sses", "xes")


def noun(collection: str) -> str:
    """Singular words of a collection's last segment: "vector_stores" → "vector store"."""
    words = collection.rpartition("/")[2].replace("_", " ")
    if words.endswith("ies"):
        return words[:-3] + "y"
    if words.endswith(_SIBILANT):
        return words[:-2]
    return words.removesuffix("s")


def not_found(collection: str, id: str, *, param: str | None = None) -> NotFound:
    """`collection` has its parents' ids filled in; `param` is the request's, where the resource has none of its own."""
    message, own_param = _MESSAGES.get(collection, (f"No {noun(collection)} found with id '{{}}'.", None))
    return NotFound(message.format(id), param=param or own_param)


_MESSAGES = {
    "files": ("No such File object: {}", "id"),
    "responses": ("Response with id '{}' not found.", None),
    "conversations": ("Conversation with id '{}' not found.", None),
}
"""Collections with a message of their own: the message and its param. Source: OpenAI's wire bodies."""
