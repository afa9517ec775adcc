"""The gate: asks for user and password before anything is served, by a page for people and by headers for programs.

People sign in at /login and get a cookie; `gradio_client` does the same; curl and MCP clients send HTTP's own
`Authorization: Basic`. Whoever guesses is made to wait. /logout ends the session of the browser that asks for it.
Plain ASGI; knows nothing of what it guards, and tells it only who has a session to end.
"""

import base64
import binascii
import hmac
import secrets
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import parse_qs, urlencode

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.access import Credentials
from ui.escaping import inert

COOKIE = "crossroads"
SIGNED_IN = 7 * 24 * 3600
"""Seconds after which a browser has to sign in again; so it has when the server is started anew."""
GUESSES, PAUSE = 5, 60.0
"""After so many wrong passwords in a row from one address, so many seconds pass before another is looked at."""
OUT = "/logout"
"""Where a session is ended."""
KEPT = 10_000
"""Signed-in browsers, and addresses that guessed, that are remembered; the oldest are forgotten first."""
LARGEST_FORM = 10_000
# Bytes of a form with a user and a password.

OPEN_PATHS = ("/favicon.ico", "/gradio_api/startup-events")
"""What is served to anybody: an icon, and that the server is up, which Gradio asks itself when it starts."""

WRONG = "That is not the right name or password. Try again."
TOO_OFTEN = "Too many wrong passwords. Wait a minute, then try again."
CLOSED = "Sign in first: at /login, or with HTTP's own user and password (curl -u USER:PASSWORD)."

_HERE = Path(__file__).parent
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; form-action 'self'; frame-ancestors 'none'"


class Gate:
    """Passes on what comes from somebody who has signed in, or brings the password along."""

    def __init__(self, app: ASGIApp, credentials: Credentials, clock: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._credentials = credentials
        self._clock = clock
        self._guesses = Guesses(clock)
        self._sessions: dict[str, float] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it here."""
        path = scope.get("path", "").rstrip("/")
        if scope["type"] == "lifespan" or path in OPEN_PATHS:
            return await self._app(scope, receive, send)
        if scope["type"] != "http":
            return await send({"type": "websocket.close", "code": 1008})
        request = Request(scope, receive)
        if path == "/login":
            answer = await self._login(request)
        elif path == OUT:
            answer = self._logout(request)
        elif self._is_let_in(request):
            return await self._app(scope, receive, send if path else _unkept(send))
        else:
            answer = self._turned_away(request)
        return await answer(scope, receive, send)

    async def _login(self, request: Request) -> Response:
        wants_page = "text/html" in request.headers.get("accept", "")
        if request.method != "POST":
            return login_page()
        form = await _form(request)
        refusal = self._refusal(request, form.get("username", ""), form.get("password", ""))
        if refusal:
            status = 429 if refusal == TOO_OFTEN else 401
            return login_page(refusal, status) if wants_page else JSONResponse({"detail": refusal}, status)
        ahead = _ahead(request.query_params.get("next", ""))
        answer: Response = RedirectResponse(ahead, 303) if wants_page else JSONResponse({"success": True})
        is_secure = request.url.scheme == "https"
        answer.set_cookie(COOKIE, self._begin(), SIGNED_IN, httponly=True, samesite="lax", secure=is_secure)
        return answer

    def _logout(self, request: Request) -> Response:
        if request.headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}:
            return RedirectResponse("/", 303)  # a link on another site's page signs nobody out
        self._sessions.pop(request.cookies.get(COOKIE, ""), None)
        answer = RedirectResponse("/login", 303)
        answer.delete_cookie(COOKIE)
        return answer

    def _is_let_in(self, request: Request) -> bool:
        until = self._sessions.get(request.cookies.get(COOKIE, ""))
        request.state.has_session = until is not None and self._clock() < until
        if request.state.has_session:
            return True
        brought = _basic(request.headers.get("authorization", ""))
        return brought is not None and not self._refusal(request, *brought)

    def _refusal(self, request: HTTPConnection, user: str, password: str) -> str:
        """Why somebody is not let in; "" where the password is right."""
        address = request.client.host if request.client else ""
        if self._guesses.is_too_often(address):
            return TOO_OFTEN
        own = self._credentials
        is_right = _same(user.strip(), own.user) & _same(password, own.password)
        self._guesses.note(address, is_right=is_right)
        return "" if is_right else WRONG

    def _begin(self) -> str:
        """A new session's secret."""
        secret = secrets.token_urlsafe(32)
        _keep(self._sessions, secret, self._clock() + SIGNED_IN)
        return secret

    def _turned_away(self, request: Request) -> Response:
        if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
            target = f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
            return RedirectResponse("/login" if target == "/" else f"/login?{urlencode({'next': target})}", 303)
        refusal = CLOSED
        if "authorization" in request.headers:
            address = request.client.host if request.client else ""
            refusal = TOO_OFTEN if self._guesses.is_too_often(address) else WRONG
        # A browser that fetches would open its own box for a password, over the page.
        asks = {} if "sec-fetch-mode" in request.headers else {"www-authenticate": 'Basic realm="Crossroads"'}
        return JSONResponse({"detail": refusal}, 429 if refusal == TOO_OFTEN else 401, asks)


class Guesses:
    """Counts wrong passwords in a row, by address."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._wrong: dict[str, tuple[int, float]] = {}

    def is_too_often(self, address: str) -> bool:
        """Whether this address has to wait."""
        count, last = self._wrong.get(address, (0, 0.0))
        return count >= GUESSES and self._clock() < last + PAUSE

    def note(self, address: str, *, is_right: bool) -> None:
        """A password came from this address. After a pause it has one guess, not `GUESSES`, before the next."""
        count, _ = self._wrong.pop(address, (0, 0.0))
        if not is_right:
            _keep(self._wrong, address, (count + 1, self._clock()))


def has_session(request: Any) -> bool:
    """Whether what the gate passed on came with a session: a `Request`, or Gradio's own that stands for one."""
    return getattr(request.state, "has_session", False) is True


def login_page(told: str = "", status: int = 200) -> HTMLResponse:
    """The page that asks for the password; it loads nothing."""
    icon = (_HERE / "mark.svg").read_text("utf-8").strip().replace("<svg ", '<svg aria-hidden="true" ')
    page = Template((_HERE / "login.html").read_text("utf-8"))
    message = f'<p class="told" role="alert">{inert(told)}</p>' if told else ""
    headers = {"content-security-policy": _POLICY, "cache-control": "no-store"}
    return HTMLResponse(page.substitute(icon=icon, told=message), status, headers)


async def _form(request: Request) -> Mapping[str, str]:
    """The fields of a form; none where it is far too long, or not readable."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_FORM:
            return {}
    fields = parse_qs(body.decode("utf-8", "replace"))
    return {name: values[-1] for name, values in fields.items()}


def _ahead(target: str) -> str:
    """Where somebody who signed in wanted to go: a place on this server, whatever was asked for."""
    is_here = target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable()
    return target if is_here else "/"


def _unkept(send: Send) -> Send:
    """Sends a page that no browser keeps: after signing out "back" leads to the password, not to the page."""

    async def send_unkept(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(raw=message["headers"])["cache-control"] = "no-store"
        await send(message)

    return send_unkept


def _basic(header: str) -> tuple[str, str] | None:
    """User and password of an `Authorization` header, or None."""
    kind, _, code = header.partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        user, _, password = base64.b64decode(code, validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return user, password


def _same(given: str, own: str) -> bool:
    """Whether two words are the same, found out in a time that tells nothing of the one that was wanted."""
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), own.encode("utf-8", "surrogatepass"))


def _keep(remembered: dict[str, Any], name: str, value: Any) -> None:
    remembered[name] = value
    while len(remembered) > KEPT:
        del remembered[next(iter(remembered))]
