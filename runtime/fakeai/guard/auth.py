"""Who may call, and as whom: API keys, namespaces, organizations and projects."""

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from hashlib import sha256
from hmac import compare_digest
from pathlib import Path
from typing import Literal

from fakeai.core.call import DEFAULT_NAMESPACE, NAMESPACE, NAMESPACE_FORM, Tenant
from fakeai.core.errors import ApiError
from fakeai.core.operation import Security

AuthMode = Literal["open", "bearer", "keys"]

NAMESPACE_HEADER = "x-fakeai-namespace"
MAX_REMEMBERED = 1024
HASH_PREFIX = "sha256:"

_NAMESPACE_KEY = re.compile(r"sk-fake-([^-]+)-.+")
_ORGANIZATION = re.compile(r"org-[A-Za-z0-9_.-]{1,128}")
_PROJECT = re.compile(r"proj_[A-Za-z0-9_.-]{1,128}")
_SHA256_HEX = re.compile(r"[0-9a-fA-F]{64}")

_Facts = tuple[str | None, str | None, str | None, str | None, str | None, str]


class Auth:
    """Checks keys. In mode "open" a key is optional, in "bearer" there must be some key, in "keys" a known one.

    Keys are plain or "sha256:<hex>" of the plain one; only mode "keys" looks at them, and it alone tells keys for the
    admin operations from others. Raises ValueError for a hash that is none.
    """

    def __init__(self, mode: AuthMode = "open", keys: Iterable[str] = (), admin_keys: Iterable[str] = ()) -> None:
        self.mode = mode
        self._keys = [_digest(key) for key in keys]
        self._admin_keys = [_digest(key) for key in admin_keys]
        self._tenants: dict[_Facts, Tenant] = {}

    def tenant(self, headers: Mapping[str, str], security: Security, path_namespace: str | None = None) -> Tenant:
        """`headers` have lower-case names. Raises ApiError 401 or 403, and 400 for a bad namespace."""
        facts = (
            headers.get("authorization"),
            path_namespace,
            headers.get(NAMESPACE_HEADER),
            headers.get("openai-organization"),
            headers.get("openai-project"),
            security,
        )
        tenant = self._tenants.get(facts)
        if tenant is None:
            if len(self._tenants) >= MAX_REMEMBERED:
                self._tenants.clear()
            tenant = self._tenants[facts] = self._resolve(*facts)
        return tenant

    def _resolve(
        self,
        authorization: str | None,
        path_namespace: str | None,
        header_namespace: str | None,
        organization: str | None,
        project: str | None,
        security: str,
    ) -> Tenant:
        key = key_of(authorization)
        is_admin = self._check(key, security)
        named = (path_namespace, header_namespace, _namespace_of(key), DEFAULT_NAMESPACE)
        namespace = next(name for name in named if name is not None)
        if not NAMESPACE.fullmatch(namespace):
            raise _bad_namespace(namespace)
        if organization and not _ORGANIZATION.fullmatch(organization):
            raise ApiError(401, f"No such organization: {organization}.", code="invalid_organization")
        if project and not _PROJECT.fullmatch(project):
            message = "OpenAI-Project header should match project for API key"
            raise ApiError(401, message, code="mismatched_project")
        default = Tenant()
        return Tenant(namespace, organization or default.organization, project or default.project, key, is_admin)

    def _check(self, key: str | None, security: str) -> bool:
        """True if the key may call admin operations: where keys are not told apart, all may."""
        if key is None and self.mode != "open":
            raise _no_key()
        if key is None or self.mode != "keys":
            return True
        digest = sha256(key.encode()).digest()
        is_admin = _contains(self._admin_keys, digest)
        if not is_admin and not _contains(self._keys, digest):
            raise _wrong_key(key)
        if is_admin != (security == "admin"):
            raise _wrong_family(security)
        return is_admin


def read_keys(path: Path) -> list[str]:
    """One key a line; blank lines and those that start with # are left out."""
    lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def key_of(authorization: str | None) -> str | None:
    """The key of a Bearer header, or the password of a Basic one; None if there is none."""
    scheme, _, credentials = (authorization or "").strip().partition(" ")
    credentials = credentials.strip()
    if scheme.lower() == "bearer":
        return credentials or None
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(credentials, validate=True).decode().partition(":")[2] or None
        except (binascii.Error, UnicodeDecodeError, ValueError):
            return None
    return None


def redact(key: str) -> str:
    """The first 8 and the last 4 characters; of a short key less."""
    first, last = (8, 4) if len(key) > 16 else (len(key) // 4, 0)
    return key[:first] + "*" * (len(key) - first - last) + key[len(key) - last :]


def _digest(key: str) -> bytes:
    if not key.startswith(HASH_PREFIX):
        return sha256(key.encode()).digest()
    digits = key.removeprefix(HASH_PREFIX)
    if not _SHA256_HEX.fullmatch(digits):
        raise ValueError(f"not 64 hexadecimal digits after {HASH_PREFIX}: {digits!r}")
    return bytes.fromhex(digits)


def _contains(digests: list[bytes], digest: bytes) -> bool:
    """Compares with every one, so that the time tells nothing."""
    return sum(compare_digest(known, digest) for known in digests) > 0


def _namespace_of(key: str | None) -> str | None:
    match = _NAMESPACE_KEY.fullmatch(key or "")
    return match[1] if match else None


def _no_key() -> ApiError:
    return ApiError(
        401,
        "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth "
        "(i.e. Authorization: Bearer YOUR_KEY), or as the password of basic auth with a blank user name.",
    )


def _wrong_key(key: str) -> ApiError:
    advice = "You can find your API key at https://platform.openai.com/account/api-keys."
    return ApiError(401, f"Incorrect API key provided: {redact(key)}. {advice}", code="invalid_api_key")


def _wrong_family(security: str) -> ApiError:
    """A project key on an admin operation, or an admin key on another."""
    scope = "api.management" if security == "admin" else "model.request"
    message = f"You have insufficient permissions for this operation. Missing scopes: {scope}."
    return ApiError(403, message, code="missing_scope")


def _bad_namespace(namespace: str) -> ApiError:
    message = f"Invalid namespace '{namespace}'. Expected {NAMESPACE_FORM}."
    return ApiError(400, message, code="invalid_namespace")
