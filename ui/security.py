"""What stands between the network and the page: who is talked to, what may be sent, what the browser may load.

Plain ASGI; knows nothing of Gradio but the address where it takes files. The policy allows inline and evaluated
scripts, since Gradio 6 needs both. What it forbids is what gets past Gradio's sanitizer: pictures, media and styles
from outside, forms that are sent anywhere, foreign frames.
"""

from collections.abc import Sequence
from contextlib import suppress
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.access import Access, is_address
from ui.gate import Gate

POLICY = {
    "default-src": "'self'",
    "script-src": "'self' 'unsafe-inline' 'unsafe-eval'",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "connect-src": "'self'",
    "worker-src": "'self' blob:",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}

HEADERS = {
    "content-security-policy": "; ".join(f"{directive} {sources}" for directive, sources in POLICY.items()),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}

UPLOADS = "/gradio_api/upload"
LARGEST_UPLOAD = 50_000_000
"""Bytes of a request that brings files: ten of the largest stories that are read."""
LARGEST_REQUEST = 4_000_000
"""Bytes of any other request: a long conversation, sent along with its next question, is a tenth of that."""


def middleware(access: Access) -> Sequence[Middleware]:
    """What a request passes on its way to the app, outermost first."""
    gate = [Middleware(Gate, credentials=access.credentials)] if access.credentials else []
    return [
        Middleware(SecurityHeaders),
        Middleware(TrustedNames, names=access.names),
        Middleware(OwnPages),
        *gate,
        Middleware(Limits, takes_files=access.is_editable),
    ]


class SecurityHeaders:
    """Adds those of `HEADERS` that a response does not have. Touches no body, so streams stay streams."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and its response back with the headers."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name.lower() for name, _ in message.get("headers", [])}
                own = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
                added = [header for header in own if header[0] not in present]
                message["headers"] = [*message.get("headers", []), *added]
            await send(message)

        await self._app(scope, receive, send_with_headers)


class TrustedNames:
    """Answers only to some names, and to addresses in numbers.

    A page elsewhere whose own name was made to point here (DNS rebinding) is turned away: the browser names it.
    """

    def __init__(self, app: ASGIApp, names: Sequence[str]) -> None:
        self._app = app
        self._names = frozenset(names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or turn it away."""
        if scope["type"] == "lifespan":
            return await self._app(scope, receive, send)
        name = _hostname(Headers(raw=scope["headers"]).get("host", ""))
        if name in self._names or is_address(name):
            return await self._app(scope, receive, send)
        told = "Crossroads does not answer to this name. Start it with --trusted-host and the name, to allow it.\n"
        return await PlainTextResponse(told, 400)(scope, receive, send)


class OwnPages:
    """Turns away what a page of another site asks for in its visitor's name; a link to the page may be followed."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or turn it away."""
        if scope["type"] == "lifespan" or not _is_foreign(scope):
            return await self._app(scope, receive, send)
        return await PlainTextResponse("Crossroads answers its own page only.\n", 403)(scope, receive, send)


class Limits:
    """Keeps requests small, and files out where the library may not be changed."""

    def __init__(self, app: ASGIApp, *, takes_files: bool) -> None:
        self._app = app
        self._takes_files = takes_files

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; what grows too long is cut off, as if whoever sends it had hung up."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        brings_files = scope["path"].startswith(UPLOADS)
        if brings_files and not self._takes_files:
            return await PlainTextResponse("Stories cannot be added here.\n", 403)(scope, receive, send)
        largest = LARGEST_UPLOAD if brings_files else LARGEST_REQUEST
        if _length(scope) > largest:
            told = f"This is too much at once: up to {largest // 1_000_000} MB can be sent.\n"
            return await PlainTextResponse(told, 413)(scope, receive, send)
        left = largest

        async def receive_at_most() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            return message if left >= 0 else {"type": "http.disconnect"}

        return await self._app(scope, receive_at_most, send)


def _hostname(netloc: str) -> str:
    """The name in a Host header or an origin, without its port; "" where there is none."""
    with suppress(ValueError):
        return (urlsplit(f"//{netloc}").hostname or "").lower()
    return ""


def _is_foreign(scope: Scope) -> bool:
    """Whether a browser says that another site's page asks. Browsers say it by one of two headers, others by none."""
    headers = Headers(raw=scope["headers"])
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:
        is_link = scope.get("method") == "GET" and headers.get("sec-fetch-mode") == "navigate"
        return site in {"cross-site", "same-site"} and not is_link
    return origin is not None and urlsplit(origin).netloc.lower() != headers.get("host", "").lower()


def _length(scope: Scope) -> int:
    told = Headers(raw=scope["headers"]).get("content-length", "0")
    return int(told) if told.isdigit() else 0
