"""Who may talk to the server, and what the browser may load for its page. Plain ASGI; knows nothing of Gradio.

The policy allows inline and evaluated scripts, since Gradio 6 needs both. What it forbids is what gets past
Gradio's sanitizer: pictures, media and styles from outside, forms that are sent anywhere, foreign frames.
"""

from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any

from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

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
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}

OWN_NAMES = ("127.0.0.1", "localhost")
"""What this machine calls itself."""

_Message = MutableMapping[str, Any]
_Send = Callable[[_Message], Awaitable[None]]
_Receive = Callable[[], Awaitable[_Message]]
_App = Callable[[MutableMapping[str, Any], _Receive, _Send], Awaitable[None]]


def middleware(host: str) -> Sequence[Middleware]:
    """What stands between the network and the app that is bound to `host`, outermost first.

    Bound to this machine, it answers to this machine's names only: a page elsewhere whose name was made to
    point here (DNS rebinding) is turned away.
    """
    guard = [Middleware(TrustedHostMiddleware, allowed_hosts=[host, *OWN_NAMES])] if is_loopback(host) else []
    return [Middleware(SecurityHeaders), *guard]


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach what is bound to the host."""
    return host in OWN_NAMES or host.startswith("127.")


class SecurityHeaders:
    """Adds `HEADERS` to every response. Touches no body, so streams stay streams."""

    def __init__(self, app: _App) -> None:
        self._app = app

    async def __call__(self, scope: MutableMapping[str, Any], receive: _Receive, send: _Send) -> None:
        """Pass a request on, and its response back with the headers."""

        async def send_with_headers(message: _Message) -> None:
            if message["type"] == "http.response.start":
                own = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
                message["headers"] = [*message.get("headers", []), *own]
            await send(message)

        await self._app(scope, receive, send_with_headers)
