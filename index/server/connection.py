"""A Chroma server: where it is, and calls that are tried again a few times and then told in words.

The token is sent as a header, and stands in no error, log or repr. Knows nothing of what is kept there.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Concatenate, ParamSpec, TypeVar
from urllib.parse import urlsplit

import httpx
import tenacity
from pydantic import SecretStr

from index.errors import ServerError, SettingsError

TRIES = 4
WAIT = tenacity.wait_exponential_jitter(initial=0.2, max=2.0, jitter=0.1)
"""Between tries: about two seconds in all, which a server that is started anew may take."""
PATIENCE = httpx.Timeout(30.0, connect=5.0)
"""Seconds to wait for an answer, and for a connection."""
PORTS = {"http": 8000, "https": 443}
DEFAULT_TENANT, DEFAULT_DATABASE = "default_tenant", "default_database"

_Answer = TypeVar("_Answer")
_Given = ParamSpec("_Given")
Client = Any
"""Chroma's client; its own types ask for vectors and metadata that numpy and JSON do not meet."""

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Address:
    """Where a library is kept: a server's URL, one of its tenants, and a database of that, for this library alone."""

    url: str
    token: SecretStr = field(default_factory=lambda: SecretStr(""))
    tenant: str = DEFAULT_TENANT
    database: str = DEFAULT_DATABASE

    def __post_init__(self) -> None:
        """Raise `SettingsError` for a URL that is none."""
        parts = urlsplit(self.url)
        if parts.scheme not in PORTS or not parts.hostname:
            raise SettingsError(
                "CROSSROADS_CHROMA_URL: this is no address of a server. Give one such as http://127.0.0.1:8000."
            )
        if parts.username or parts.password or parts.query:
            raise SettingsError(
                "CROSSROADS_CHROMA_URL: there is a user, a password or a query in it. Give the address alone, and the "
                "token as CROSSROADS_CHROMA_TOKEN."
            )

    def __str__(self) -> str:
        """The address, as errors name it."""
        return f"{self.url.rstrip('/')} ({self.tenant}/{self.database})"


class Connection:
    """Calls to a server. Safe to use from several threads; the connection is made with the first call."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._lock = threading.Lock()
        self._client: Client | None = None

    def call(
        self, step: Callable[Concatenate[Client, _Given], _Answer], *given: _Given.args, **named: _Given.kwargs
    ) -> _Answer:
        """What a step comes to, tried again where the server, or the way to it, failed.

        A step may so be done twice, and has to bear that. Raises `ServerError`; what Chroma itself says to a step
        that it understood (such as that there is no such collection) is raised as it is.
        """
        attempts = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(TRIES),
            wait=WAIT,
            retry=tenacity.retry_if_exception(_is_passing),
            reraise=True,
        )
        try:
            return attempts(lambda: step(self._connected(), *given, **named))
        except Exception as error:
            if _is_answer(error):
                raise
            raise ServerError(f"{self.address}: {_told(error)}") from None

    def _connected(self) -> Client:
        with self._lock:
            if self._client is None:
                self._client = _client(self.address)
            return self._client


def _client(address: Address) -> Client:
    """A client that sends nothing anywhere else, and waits for no longer than `PATIENCE`."""
    import chromadb
    from chromadb.config import Settings

    parts = urlsplit(address.url)
    token = address.token.get_secret_value()
    client = chromadb.HttpClient(
        host=f"{parts.scheme}://{parts.hostname}:{parts.port or PORTS[parts.scheme]}{parts.path.rstrip('/')}",
        port=parts.port or PORTS[parts.scheme],
        ssl=parts.scheme == "https",
        headers={"x-chroma-token": token} if token else {},
        settings=Settings(anonymized_telemetry=False),
        tenant=address.tenant,
        database=address.database,
    )
    client._server._session.timeout = PATIENCE  # type: ignore[attr-defined]  # noqa: SLF001  # Chroma waits for ever, and has no setting
    return client


def _is_passing(error: BaseException) -> bool:
    """Whether to try again: the way to the server failed, or it said that it could not just now."""
    from chromadb.errors import InternalError, RateLimitError

    return isinstance(error, httpx.TransportError | InternalError | RateLimitError) or type(error) is Exception


def _is_answer(error: Exception) -> bool:
    """Whether this is what Chroma says to a step that it understood."""
    from chromadb.errors import AuthorizationError, ChromaError, InternalError, RateLimitError

    return isinstance(error, ChromaError) and not isinstance(error, AuthorizationError | InternalError | RateLimitError)


def _told(error: Exception) -> str:
    """What went wrong, in words of our own: what a server or a library says may hold a header."""
    from chromadb.errors import AuthorizationError, RateLimitError

    if isinstance(error, httpx.TimeoutException):
        return f"the Chroma server did not answer within {PATIENCE.read:.0f} s. Is it overloaded? Try again later."
    if isinstance(error, httpx.TransportError):
        return (
            f"the Chroma server cannot be reached, or hung up ({type(error).__name__}). Is it running, and is "
            "CROSSROADS_CHROMA_URL right?"
        )
    if isinstance(error, AuthorizationError):
        return "the Chroma server turned us away. Is CROSSROADS_CHROMA_TOKEN right, and may it write there?"
    if isinstance(error, RateLimitError):
        return "the Chroma server takes no more requests just now. Try again later."
    if isinstance(error, ValueError) and "tenant" in str(error):
        return (
            "the Chroma server has no such tenant or database, or could not be asked for it. Is it running, and are "
            "CROSSROADS_CHROMA_URL, _TENANT and _DATABASE right?"
        )
    _logger.debug("A call to a Chroma server failed with %s.", type(error).__name__)
    return f"the Chroma server failed ({type(error).__name__}). Its own log says why; try again later."
