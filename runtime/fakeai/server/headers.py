"""Response headers as OpenAI sends them, prebuilt as far as possible."""

from collections.abc import Mapping
from functools import lru_cache

from fakeai.core.call import Header, Tenant

_VERSION: Header = (b"openai-version", b"2020-10-01")


def response_headers(
    media_type: str | None, length: int | None, request_id: str, elapsed_s: float, tenant: Tenant | None = None
) -> list[Header]:
    """`media_type` is None for an answer without a body, `length` for a streamed one."""
    headers = [
        (b"x-request-id", request_id.encode("latin-1")),
        (b"openai-processing-ms", b"%d" % (elapsed_s * 1000)),
        _VERSION,
    ]
    if media_type:
        headers.append(_content_type(media_type))
    if length is not None:
        headers.append((b"content-length", b"%d" % length))
    if tenant is not None:
        headers += _tenant_headers(tenant.organization, tenant.project)
    return headers


@lru_cache(maxsize=256)
def _content_type(media_type: str) -> Header:
    return b"content-type", media_type.encode("latin-1")


@lru_cache(maxsize=1024)
def _tenant_headers(organization: str, project: str) -> list[Header]:
    return [
        (b"openai-organization", organization.encode("latin-1")),
        (b"openai-project", project.encode("latin-1")),
    ]


def encoded(headers: Mapping[str, str]) -> list[Header]:
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]


def decoded(raw: list[Header]) -> dict[str, str]:
    """ASGI gives lower-case names; the last of repeated headers wins."""
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in raw}
