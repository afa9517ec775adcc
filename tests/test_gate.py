"""ui.gate: nothing is served to whoever has not signed in, and whoever guesses waits."""

import re
from pathlib import Path

import gradio as gr
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from index.live import LiveIndex
from rag.ask import open_rag
from rag.upkeep import Readiness
from tests.library import write_library
from ui.access import Credentials, access
from ui.gate import (
    COOKIE,
    GUESSES,
    KEPT,
    LARGEST_FORM,
    OUT,
    PAUSE,
    SIGNED_IN,
    TOO_OFTEN,
    WRONG,
    Gate,
    Guesses,
    has_session,
)
from ui.page import LEAVE, build_page
from ui.security import middleware
from ui.settings import PageSettings
from ui.site import Site

ANNA = Credentials("anna", "öpen sesame")
RIGHT = {"username": ANNA.user, "password": ANNA.password}
WRONG_ONE = RIGHT | {"password": "open"}
PAGE = {"accept": "text/html"}


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


async def secret(_: Request) -> PlainTextResponse:
    return PlainTextResponse("the stories")


async def live(socket: WebSocket) -> None:
    await socket.accept()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def guarded(clock: Clock) -> Gate:
    routes = [Route("/{path:path}", secret, methods=["GET", "POST"]), WebSocketRoute("/live", live)]
    return Gate(Starlette(routes=routes), ANNA, clock)


@pytest.fixture
def visitor(guarded: Gate) -> TestClient:
    return TestClient(guarded, follow_redirects=False)


@pytest.mark.parametrize(
    "path", ["/", "/config", "/gradio_api/info", "/gradio_api/file=x", "/assets/x.js", "/mcp", "/login/x", "//login/.."]
)
def test_a_stranger_is_served_nothing(visitor: TestClient, path: str) -> None:
    for response in (visitor.get(path), visitor.post(path)):
        assert response.status_code == 401
        assert "Sign in first" in response.json()["detail"]
        assert "stories" not in response.text


def test_a_stranger_is_led_to_the_page_that_asks(visitor: TestClient) -> None:
    response = visitor.get("/", headers=PAGE)
    assert (response.status_code, response.headers["location"]) == (303, "/login")
    page = visitor.get("/login", headers=PAGE)
    assert page.status_code == 200
    assert "form-action 'self'" in page.headers["content-security-policy"]
    assert not re.search(r"<script|<link|https?://(?!www\.w3\.org/)|src=|@import|url\(", page.text), "it loads nothing"


def test_signing_in_lets_in_and_signing_out_ends_it(visitor: TestClient) -> None:
    response = visitor.post("/login", data=RIGHT, headers=PAGE)
    assert (response.status_code, response.headers["location"]) == (303, "/")
    cookie = response.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "secure" not in cookie, "it would not come back over http"
    assert visitor.get("/").text == "the stories"
    kept = {"cookie": f"{COOKIE}={visitor.cookies[COOKIE]}"}
    assert visitor.get(OUT).headers["location"] == "/login"
    assert visitor.get("/", headers=kept).status_code == 401, "on the server, not in the browser alone"


def test_signing_out_ends_one_browsers_session_and_no_others(guarded: Gate) -> None:
    here, elsewhere = (TestClient(guarded, follow_redirects=False) for _ in range(2))
    for browser in (here, elsewhere):
        browser.post("/login", data=RIGHT)
    here.get(OUT)
    assert here.get("/").status_code == 401
    assert elsewhere.get("/").status_code == 200


@pytest.mark.parametrize(
    ("site", "is_out"), [("same-origin", True), ("none", True), ("same-site", False), ("cross-site", False)]
)
def test_a_link_on_another_sites_page_signs_nobody_out(visitor: TestClient, site: str, is_out: bool) -> None:
    visitor.post("/login", data=RIGHT)
    response = visitor.get(OUT, headers=PAGE | {"sec-fetch-site": site, "sec-fetch-mode": "navigate"})
    assert response.headers["location"] == ("/login" if is_out else "/")
    assert visitor.get("/").status_code == (401 if is_out else 200)


def test_back_after_signing_out_finds_no_page_that_was_kept(visitor: TestClient) -> None:
    visitor.post("/login", data=RIGHT)
    assert visitor.get("/").headers["cache-control"] == "no-store"
    assert "cache-control" not in visitor.get("/assets/x.js").headers, "what tells nothing is not loaded anew each time"


@pytest.mark.parametrize(
    ("given", "no_auth", "shown"),
    [
        ({"user": ANNA.user, "password": ANNA.password}, False, LEAVE),
        ({"user": ANNA.user, "password": ANNA.password}, True, ""),
        ({}, False, ""),
    ],
    ids=["credentials", "credentials that are not asked for", "no credentials"],
)
def test_the_page_has_a_link_to_sign_out_where_there_is_something_to_sign_out_of(
    built: LiveIndex, tmp_path: Path, given: dict[str, str], no_auth: bool, shown: str
) -> None:
    settings = PageSettings.load(stories=write_library(tmp_path / "stories"), index=built.store.folder, **given)
    page = build_page(Site(open_rag(settings), settings, Readiness()))
    allowed = access(settings, "127.0.0.1", no_auth=no_auth)
    app = gr.routes.App.create_app(page, app_kwargs={"middleware": middleware(allowed)})
    visitor = TestClient(app, base_url="http://127.0.0.1")
    if allowed.credentials:
        visitor.post("/login", data=RIGHT)
    made = visitor.get("/config").json()
    place = next(one["id"] for one in made["components"] if one["props"].get("elem_id") == "leave")
    event = next(one["id"] for one in made["dependencies"] if one["outputs"] == [place])
    answer = visitor.post("/gradio_api/run/predict", json={"fn_index": event, "data": [], "session_hash": "a"})
    assert answer.json()["data"] == [shown]


def test_a_program_that_brings_the_password_is_let_in_and_has_no_session(clock: Clock) -> None:
    async def told(request: Request) -> PlainTextResponse:
        return PlainTextResponse(str(has_session(request)))

    visitor = TestClient(Gate(Starlette(routes=[Route("/", told)]), ANNA, clock))
    assert visitor.get("/", auth=(ANNA.user.encode(), ANNA.password.encode())).text == "False"
    visitor.post("/login", data=RIGHT)
    assert visitor.get("/").text == "True"


def test_over_https_the_cookie_never_travels_in_the_clear(guarded: Gate) -> None:
    visitor = TestClient(guarded, base_url="https://chat.example", follow_redirects=False)
    assert "secure" in visitor.post("/login", data=RIGHT).headers["set-cookie"].lower()


def test_programs_sign_in_as_gradios_client_does_or_with_every_call(visitor: TestClient) -> None:
    response = visitor.post("/login", data=RIGHT)
    assert (response.status_code, response.json()) == (200, {"success": True})
    visitor.cookies.clear()
    assert visitor.get("/", auth=(ANNA.user.encode(), ANNA.password.encode())).text == "the stories"


@pytest.mark.parametrize(
    "form",
    [
        WRONG_ONE,
        RIGHT | {"username": "bob"},
        {"username": ANNA.user},
        {"password": ANNA.password},
        {},
        {"username": "", "password": ""},
        RIGHT | {"more": "x" * LARGEST_FORM},
    ],
    ids=["password", "user", "no password", "no user", "nothing", "empty", "far too long"],
)
def test_what_is_not_right_lets_nobody_in(visitor: TestClient, form: dict[str, str]) -> None:
    response = visitor.post("/login", data=form, headers=PAGE)
    assert response.status_code == 401
    assert "set-cookie" not in response.headers
    assert 'role="alert"' in response.text
    assert visitor.get("/").status_code == 401


@pytest.mark.parametrize(
    "header", ["Basic", "Basic ???", "Basic YW5uYQ==", "Bearer x", "Basic /////w==", "basic YW5uYTpvcGVu", ""]
)
def test_headers_that_are_none_let_nobody_in(visitor: TestClient, header: str) -> None:
    assert visitor.get("/", headers={"authorization": header}).status_code == 401


def test_a_made_up_cookie_lets_nobody_in(visitor: TestClient) -> None:
    assert visitor.get("/", headers={"cookie": f"{COOKIE}=x"}).status_code == 401
    assert visitor.get("/", headers={"cookie": f"{COOKIE}="}).status_code == 401


def test_a_browser_has_to_sign_in_again_after_a_while(visitor: TestClient, clock: Clock) -> None:
    visitor.post("/login", data=RIGHT)
    clock.now += SIGNED_IN - 1
    assert visitor.get("/").status_code == 200
    clock.now += 2
    assert visitor.get("/").status_code == 401


def test_whoever_guesses_waits_even_with_the_right_one(visitor: TestClient, clock: Clock) -> None:
    for _ in range(GUESSES):
        assert visitor.post("/login", data=WRONG_ONE).json()["detail"] == WRONG
    refused = visitor.post("/login", data=RIGHT, headers=PAGE)
    assert (refused.status_code, TOO_OFTEN.partition(",")[0] in refused.text.replace("&#46;", ".")) == (429, True)
    assert visitor.get("/", auth=(ANNA.user.encode(), ANNA.password.encode())).status_code == 429
    clock.now += PAUSE + 1
    assert visitor.post("/login", data=WRONG_ONE).status_code == 401
    assert visitor.post("/login", data=RIGHT).status_code == 429, "after the pause there is one guess, not five"
    clock.now += PAUSE + 1
    assert visitor.post("/login", data=RIGHT).status_code == 200


def test_guessing_by_headers_is_counted_too(visitor: TestClient) -> None:
    answers = [visitor.get("/", auth=("anna", "no")).status_code for _ in range(GUESSES + 1)]
    assert answers[-1] == 429


def test_one_who_guesses_keeps_nobody_else_out(guarded: Gate) -> None:
    guesser = TestClient(guarded, client=("10.0.0.1", 1))
    for _ in range(GUESSES + 1):
        guesser.post("/login", data=WRONG_ONE)
    other = TestClient(guarded, client=("10.0.0.2", 1))
    assert other.post("/login", data=RIGHT).status_code == 200
    signed_in_before = other.cookies[COOKIE]
    assert TestClient(guarded, client=("10.0.0.1", 1), cookies={COOKIE: signed_in_before}).get("/").status_code == 200


def test_guesses_from_everywhere_do_not_fill_the_memory(clock: Clock) -> None:
    guesses = Guesses(clock)
    for number in range(KEPT + 5):
        guesses.note(str(number), is_right=False)
    assert len(guesses._wrong) == KEPT


@pytest.mark.parametrize(
    ("target", "ahead"),
    [
        ("/?question=How+long%3F", "/?question=How+long%3F"),
        ("//evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/\n/evil.example", "/"),
        ("", "/"),
    ],
)
def test_signing_in_leads_where_one_was_going_but_never_away(visitor: TestClient, target: str, ahead: str) -> None:
    response = visitor.post("/login", params={"next": target}, data=RIGHT, headers=PAGE)
    assert response.headers["location"] == ahead


def test_a_link_with_a_question_survives_signing_in(visitor: TestClient) -> None:
    led = visitor.get("/?question=How+long%3F", headers=PAGE).headers["location"]
    assert visitor.post(led, data=RIGHT, headers=PAGE).headers["location"] == "/?question=How+long%3F"


def test_no_socket_is_opened_for_a_stranger(visitor: TestClient) -> None:
    with pytest.raises(WebSocketDisconnect), visitor.websocket_connect("/live"):
        pass


def test_a_browsers_own_box_for_passwords_stays_shut(visitor: TestClient) -> None:
    assert "www-authenticate" in visitor.get("/config").headers
    assert "www-authenticate" not in visitor.get("/config", headers={"sec-fetch-mode": "cors"}).headers


def test_what_gradio_asks_of_itself_is_answered(visitor: TestClient) -> None:
    assert visitor.get("/gradio_api/startup-events").status_code == 200
