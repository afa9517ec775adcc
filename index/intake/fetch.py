"""A web address → the page behind it; never anything of the network this machine stands in.

Owns which addresses may be asked, the walk along redirects, and the time that all of it may take. What an answer
holds is `response.py`'s; stories and folders it knows nothing of.

At every step the host is resolved once, all its addresses have to be public, and the connection goes to one of
those very addresses: a name that is answered otherwise a moment later (DNS rebinding) gains nothing. Certificates
are checked for the name. Proxies, .netrc and cookies play no part.
"""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpcore
import httpx

from index.errors import StoriesError
from index.intake.addresses import is_odd_number, is_public
from index.intake.response import Fetched, Limits, header, page

PORTS = (80, 443)
"""Where the web is. Other ports belong to services that were never meant for a stranger's request."""

CONNECT_SECONDS = 5.0
# One address of several may be out of reach; it must not use up the time of the others.

_REDIRECTS = (301, 302, 303, 307, 308)
_REQUEST_HEADERS = (
    ("User-Agent", "Crossroads (reads a single page that its user asked for)"),
    ("Accept", "text/html, application/xhtml+xml, text/markdown, text/plain, application/pdf, */*;q=0.1"),
    ("Accept-Encoding", "gzip"),
    ("Connection", "close"),
)


def resolve(host: str) -> Sequence[str]:
    """The addresses the operating system knows for a host. Raises `OSError`, or `UnicodeError` for no name."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


@dataclass(frozen=True)
class Network:
    """The way into the world: who resolves names, who opens connections, whose certificates are trusted."""

    resolve: Callable[[str], Sequence[str]] = resolve
    backend: httpcore.NetworkBackend = field(default_factory=httpcore.SyncBackend)
    trust: Callable[[], ssl.SSLContext] = httpx.create_ssl_context


def fetch(url: str, limits: Limits | None = None, network: Network | None = None) -> Fetched:
    """The page at a web address, redirects followed.

    Raises `StoriesError` where the address is not a public page of a kind that can hold a story, or gives none in time.
    """
    limits, network = limits or Limits(), network or Network()
    deadline = _Deadline(time.monotonic() + limits.seconds)
    here = start = _checked(url)
    told = str(start)
    for _ in range(limits.redirects + 1):
        with _told(told, limits), _response(here, network, deadline) as response:
            if response.status not in _REDIRECTS:
                return page(here, response, limits)
            target = header(response, "location")
        if not target:
            raise StoriesError(f"{told}: it redirects to nowhere. Check the address.")
        here = _checked(target, here)
        told = f"{start}, which redirects to {here}"
    raise StoriesError(f"{start}: it redirects more than {limits.redirects} times. Name the page's own address.")


@dataclass(frozen=True)
class _Deadline:
    """A moment of `time.monotonic()` by which everything has to be done."""

    at: float

    def left(self) -> float:
        """Seconds that are left. Raises `httpcore.TimeoutException` when none are."""
        seconds = self.at - time.monotonic()
        if seconds <= 0:
            raise httpcore.ReadTimeout
        return seconds


class _Checked(httpcore.NetworkBackend):
    """Connects to addresses that were checked, whatever the host is called; nothing outlasts the deadline."""

    def __init__(self, addresses: Sequence[str], backend: httpcore.NetworkBackend, deadline: _Deadline) -> None:
        self._addresses = addresses
        self._backend = backend
        self._deadline = deadline

    def connect_tcp(self, host: str, port: int, *_: object, **__: object) -> httpcore.NetworkStream:
        failure: Exception = httpcore.ConnectError("the name has no address")
        for address in self._addresses:
            seconds = min(CONNECT_SECONDS, self._deadline.left())
            try:
                return _Timed(self._backend.connect_tcp(address, port, seconds), self._deadline)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure


class _Timed(httpcore.NetworkStream):
    """A connection on which every step ends by the deadline: httpcore's own limits begin anew with every byte."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: _Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.left())

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Timed(self._stream.start_tls(ssl_context, server_hostname, self._deadline.left()), self._deadline)

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)


def _checked(url: str, base: httpx.URL | None = None) -> httpx.URL:
    """The address as it will be asked, without fragment. Raises `StoriesError` for what is no plain web address."""
    try:
        parsed = httpx.URL(url) if base is None else base.join(url)
    except (httpx.InvalidURL, UnicodeError) as error:
        raise StoriesError(f"{url[:200]!r}: this is no web address ({error}). Check how it is written.") from error
    host = parsed.raw_host.decode("ascii").removesuffix(".")
    shown = f"{parsed.scheme}://{host}{parsed.raw_path.decode('ascii')}" if host else repr(url[:200])
    if parsed.scheme not in {"http", "https"} or not host:
        raise StoriesError(f"{shown}: only pages of the web can be added. Give an address that begins with https://.")
    if parsed.userinfo:
        raise StoriesError(f"{shown}: the address holds a user name or password. Give it without.")
    if parsed.port not in {None, *PORTS}:
        raise StoriesError(f"{shown}: port {parsed.port} is not the web's. Save the page as a file and add that.")
    if is_odd_number(host) or "%" in host:
        raise StoriesError(f"{shown}: {host} is not a host's name. Write the name out.")
    return parsed.copy_with(host=host, fragment=None)


@contextmanager
def _response(url: httpx.URL, network: Network, deadline: _Deadline) -> Iterator[httpcore.Response]:
    addresses = _public_addresses(url, network, deadline)
    backend = _Checked(addresses, network.backend, deadline)
    headers = [("Host", url.netloc.decode("ascii")), *_REQUEST_HEADERS]
    target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
    trusted = network.trust() if url.scheme == "https" else None
    with (
        httpcore.ConnectionPool(ssl_context=trusted, network_backend=backend) as pool,
        pool.stream("GET", target, headers=headers) as response,
    ):
        yield response


def _public_addresses(url: httpx.URL, network: Network, deadline: _Deadline) -> Sequence[str]:
    addresses = _resolved(url.raw_host.decode("ascii"), network, deadline)
    if not all(is_public(address) for address in addresses):
        # Which address it was stays unsaid: a stranger could read the names of this network off it.
        raise StoriesError(
            f"{url}: this leads into a private or reserved network, where no page is fetched from. "
            "Save the page as a file and add that."
        )
    return addresses


def _resolved(host: str, network: Network, deadline: _Deadline) -> Sequence[str]:
    """The host's addresses, by the deadline. In a thread, because an operating system's look-up takes no time limit."""
    future: Future[Sequence[str]] = Future()

    def look_up() -> None:
        try:
            future.set_result(network.resolve(host))
        except (OSError, UnicodeError) as error:
            future.set_exception(error)

    threading.Thread(target=look_up, daemon=True).start()
    try:
        return future.result(deadline.left())
    except TimeoutError as error:
        raise httpcore.ConnectTimeout from error
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(f"the name {host} is not known") from error


@contextmanager
def _told(where: str, limits: Limits) -> Iterator[None]:
    """Turn what httpcore raises into a `StoriesError` about that address."""
    try:
        yield
    except httpcore.TimeoutException as error:
        raise StoriesError(
            f"{where}: the page did not arrive within {limits.seconds:g} seconds. "
            "Try again later, or save it as a file and add that."
        ) from error
    except (httpcore.NetworkError, httpcore.ProtocolError) as error:
        reason = str(error) or type(error).__name__
        raise StoriesError(
            f"{where}: the page cannot be had ({reason}). Check the address and the connection."
        ) from error
