import base64
from contextlib import suppress
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeai.core.errors import ApiError
from fakeai.guard.auth import MAX_REMEMBERED, Auth, read_keys, redact

KEY = "sk-live-0123456789abcdef"
ADMIN = "sk-admin-0123456789abcdef"


def bearer(key: str, **more: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}", **more}


def refused(auth: Auth, headers: dict[str, str], security: str = "bearer", path: str | None = None) -> ApiError:
    with pytest.raises(ApiError) as caught:
        auth.tenant(headers, security, path)  # type: ignore[arg-type]
    return caught.value


def test_open_mode_needs_no_key_even_for_admin_operations() -> None:
    auth = Auth("open")
    assert auth.tenant({}, "admin").key is None
    tenant = auth.tenant(bearer("anything"), "bearer")
    assert (tenant.key, tenant.namespace, tenant.organization, tenant.project) == (
        "anything",
        "default",
        "org-fakeai",
        "proj_default",
    )


@pytest.mark.parametrize("mode", ["bearer", "keys"])
@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer  ", "Token x", "Basic !!!", "Basic " + "eDo="])
def test_no_key_is_401_without_code(mode: str, header: str | None) -> None:
    headers = {} if header is None else {"authorization": header}
    error = refused(Auth(mode, [KEY]), headers)  # type: ignore[arg-type]
    assert (error.status, error.code, error.param, error.type) == (401, None, None, "invalid_request_error")
    assert error.message.startswith("You didn't provide an API key.")


def test_bearer_mode_takes_any_key_for_any_operation() -> None:
    assert Auth("bearer").tenant(bearer("x"), "admin").key == "x"


def test_wrong_key_is_redacted() -> None:
    error = refused(Auth("keys", [KEY]), bearer("sk-wrong-0123456789abcd"))
    assert (error.status, error.code) == (401, "invalid_api_key")
    assert "Incorrect API key provided: sk-wrong***********abcd." in error.message


@pytest.mark.parametrize(
    ("key", "shown"), [("", ""), ("abc", "***"), ("sk-12345", "sk******"), ("sk-" + "a" * 14, "sk-aaaaa*****aaaa")]
)
def test_redaction_never_shows_a_short_key(key: str, shown: str) -> None:
    assert redact(key) == shown


def test_plain_and_hashed_keys_and_basic_auth() -> None:
    auth = Auth("keys", [KEY, "sha256:" + sha256(b"hashed").hexdigest().upper()])
    assert auth.tenant(bearer(KEY), "bearer").key == KEY
    assert auth.tenant(bearer("hashed"), "bearer").key == "hashed"
    basic = base64.b64encode(f":{KEY}".encode()).decode()
    assert auth.tenant({"authorization": f"basic {basic}"}, "bearer").key == KEY
    assert refused(auth, bearer("sha256:" + sha256(b"hashed").hexdigest())).code == "invalid_api_key"


def test_a_hash_that_is_none_is_refused_at_the_start() -> None:
    with pytest.raises(ValueError, match="64 hexadecimal"):
        Auth("keys", ["sha256:12"])


def test_keys_of_the_wrong_family_are_403() -> None:
    auth = Auth("keys", [KEY], [ADMIN])
    assert auth.tenant(bearer(ADMIN), "admin").is_admin
    assert not auth.tenant(bearer(KEY), "bearer").is_admin
    for key, security in ((KEY, "admin"), (ADMIN, "bearer")):
        error = refused(auth, bearer(key), security)
        assert (error.status, error.code) == (403, "missing_scope")


def test_namespace_precedence_is_path_header_key() -> None:
    auth = Auth()
    key = bearer("sk-fake-fromkey-1")
    header = {**key, "x-fakeai-namespace": "from.header"}
    assert auth.tenant(header, "bearer", "from_path").namespace == "from_path"
    assert auth.tenant(header, "bearer").namespace == "from.header"
    assert auth.tenant(key, "bearer").namespace == "fromkey"
    assert auth.tenant(bearer("sk-fake-key"), "bearer").namespace == "default"


@pytest.mark.parametrize("name", ["", "-a", "A", "a b", "a" * 64, "ä", "..", "a/b", "a\n"])
def test_bad_namespace_is_400(name: str) -> None:
    for error in (refused(Auth(), {}, path=name), refused(Auth(), {"x-fakeai-namespace": name})):
        assert (error.status, error.code) == (400, "invalid_namespace")


def test_bad_namespace_in_a_key_is_400() -> None:
    assert refused(Auth(), bearer("sk-fake-CI-1")).code == "invalid_namespace"


def test_organization_and_project_headers() -> None:
    auth = Auth()
    tenant = auth.tenant({"openai-organization": "org-1", "openai-project": "proj_1"}, "bearer")
    assert (tenant.organization, tenant.project) == ("org-1", "proj_1")
    error = refused(auth, {"openai-organization": "acme"})
    assert (error.status, error.code, error.message) == (401, "invalid_organization", "No such organization: acme.")
    error = refused(auth, {"openai-project": "acme"})
    assert (error.status, error.code) == (401, "mismatched_project")


def test_remembered_tenants_are_bounded_and_refusals_not_remembered() -> None:
    auth = Auth("keys", [KEY])
    first = auth.tenant(bearer(KEY), "bearer")
    assert auth.tenant(bearer(KEY), "bearer") is first
    refused(auth, bearer("x"))
    assert len(auth._tenants) == 1
    for number in range(MAX_REMEMBERED + 1):
        auth.tenant(bearer(KEY), "bearer", f"n{number}")
    assert len(auth._tenants) <= MAX_REMEMBERED


def test_key_file(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "keys"
    path.write_text("# team a\nsk-1\n\n  sk-2  \n#sk-3\n")
    assert read_keys(path) == ["sk-1", "sk-2"]


@given(st.text(st.characters(max_codepoint=255)), st.text(st.characters(max_codepoint=255)))
def test_any_header_gives_a_tenant_or_an_api_error(authorization: str, other: str) -> None:
    headers = {"authorization": authorization, "openai-organization": other, "openai-project": other}
    for auth in (Auth(), Auth("bearer"), Auth("keys", [KEY])):
        with suppress(ApiError):
            assert auth.tenant(headers, "bearer").organization in ("org-fakeai", other)
