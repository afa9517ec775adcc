"""ui.security: every response carries the policy, and only what this page may send is passed on."""

from collections.abc import Iterator, Mapping

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from ui.access import Access, Credentials
from ui.security import HEADERS, LARGEST_REQUEST, LARGEST_UPLOAD, UPLOADS, middleware

NAMES = ("127.0.0.1", "localhost", "chat.example")
HERE = "http://127.0.0.1:7860"


async def counted(request: Request) -> PlainTextResponse:
    """How many bytes came in."""
    return PlainTextResponse(str(len(await request.body())))


def client(
    *, is_editable: bool = True, credentials: Credentials | None = None, base_url: str = HERE, raises: bool = True
) -> TestClient:
    """A visitor to an app that tells how much it was sent, behind the middleware."""
    allowed = Access("127.0.0.1", NAMES, credentials, is_reached=False, is_editable=is_editable)
    app = Starlette(
        routes=[Route("/{path:path}", counted, methods=["GET", "POST"])], middleware=list(middleware(allowed))
    )
    return TestClient(app, base_url=base_url, raise_server_exceptions=raises)


@pytest.mark.parametrize(
    "host", ["127.0.0.1:7860", "localhost:7860", "localhost", "Chat.Example", "192.168.1.5:7860", "[::1]:7860"]
)
def test_own_names_and_addresses_are_answered(host: str) -> None:
    response = client().get("/", headers={"host": host})
    assert response.status_code == 200
    assert response.headers.items() >= HEADERS.items()


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "evil.example:7860", "", "127.0.0.1@evil.example", "[::1", "a b"],
)
def test_another_name_for_this_machine_is_turned_away_with_the_way_out(host: str) -> None:
    response = client().get("/", headers={"host": host})
    assert response.status_code == 400
    assert "--trusted-host" in response.text
    assert response.headers.items() >= HEADERS.items()


FOREIGN: tuple[Mapping[str, str], ...] = (
    {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"},
    {"sec-fetch-site": "same-site", "sec-fetch-mode": "cors"},
    {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"},
    {"origin": "http://evil.example"},
    {"origin": "http://127.0.0.1:9999"},
    {"origin": "null"},
)


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_what_another_sites_page_sends_is_turned_away(headers: Mapping[str, str]) -> None:
    response = client().post("/gradio_api/queue/join", headers=headers)
    assert response.status_code == 403
    assert response.headers.items() >= HEADERS.items()


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": HERE},
        {"sec-fetch-site": "same-origin", "sec-fetch-mode": "cors", "origin": HERE},
        {"sec-fetch-site": "none", "sec-fetch-mode": "navigate"},
    ],
    ids=str,
)
def test_what_the_page_and_programs_send_is_passed_on(headers: Mapping[str, str]) -> None:
    assert client().post("/gradio_api/queue/join", headers=headers).status_code == 200


def test_a_link_from_elsewhere_may_be_followed() -> None:
    headers = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    assert client().get("/", headers=headers).status_code == 200


def test_behind_a_proxy_that_renames_the_page_it_works_on() -> None:
    headers = {"host": "127.0.0.1:7860", "origin": "https://chat.example", "sec-fetch-site": "same-origin"}
    assert client().post("/gradio_api/queue/join", headers=headers).status_code == 200


@pytest.mark.parametrize("path", [UPLOADS, f"{UPLOADS}/", f"{UPLOADS}?upload_id=x"])
def test_no_file_comes_in_where_the_library_may_not_be_changed(path: str) -> None:
    assert client(is_editable=False).post(path, content=b"x").status_code == 403
    assert client(is_editable=True).post(path, content=b"x").status_code == 200


def test_no_file_comes_in_without_the_password() -> None:
    guarded = client(credentials=Credentials("anna", "open sesame"))
    assert guarded.post(UPLOADS, content=b"x").status_code == 401
    assert guarded.post(UPLOADS, content=b"x", auth=("anna", "open sesame")).status_code == 200


@pytest.mark.parametrize(("path", "largest"), [("/gradio_api/queue/join", LARGEST_REQUEST), (UPLOADS, LARGEST_UPLOAD)])
def test_what_is_too_long_is_refused_by_what_it_says_of_itself(path: str, largest: int) -> None:
    response = client().post(path, headers={"content-length": str(largest + 1)}, content=b"x")
    assert response.status_code == 413
    assert f"up to {largest // 1_000_000} MB" in response.text


def test_what_does_not_say_how_long_it_is_is_cut_off() -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(LARGEST_REQUEST // 100_000 + 1):
            yield bytes(100_000)

    assert client(raises=False).post("/gradio_api/queue/join", content=pieces()).status_code >= 400


def test_as_much_as_is_allowed_arrives() -> None:
    assert client().post("/gradio_api/queue/join", content=bytes(LARGEST_REQUEST)).text == str(LARGEST_REQUEST)


@pytest.mark.parametrize(
    ("directive", "sources"),
    [("default-src", "'self'"), ("img-src", "'self' data: blob:"), ("form-action", "'none'"), ("object-src", "'none'")],
)
def test_the_policy_keeps_the_page_from_loading_what_is_not_ours(directive: str, sources: str) -> None:
    assert f"{directive} {sources}" in HEADERS["content-security-policy"].split("; ")
