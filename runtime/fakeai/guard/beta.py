"""Operations in beta: a client has to name the beta in a header."""

from collections.abc import Mapping

from fakeai.core.errors import ApiError

HEADER = "openai-beta"


def check_beta(beta: str, headers: Mapping[str, str]) -> None:
    """`beta` is as "assistants=v2"; `headers` have lower-case names. Raises ApiError 400."""
    named = [name.strip() for name in headers.get(HEADER, "").split(",")]
    if beta not in named:
        api = beta.partition("=")[0].title()
        raise ApiError(
            400,
            f"You must provide the 'OpenAI-Beta' header to access the {api} API. "
            f"Please try again by setting the header 'OpenAI-Beta: {beta}'.",
            code="invalid_beta",
        )
