"""What keeps a benchmark's libraries from asking or telling anybody anything.

Imports nothing else of the project, so that a process that is timed may begin with it.
"""

import ipaddress
import os
import sys

SWITCHES = {
    "ANONYMIZED_TELEMETRY": "False",
    "DO_NOT_TRACK": "1",
    "HAYSTACK_TELEMETRY_ENABLED": "False",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_OFFLINE": "1",
    "LANGSMITH_TRACING": "false",
}
"""What keeps the peers, and the libraries below them, from asking or telling anybody anything."""


def stay_here() -> None:
    """Switch off what the peers report, and refuse every connection and look-up beyond this machine."""
    os.environ.update(SWITCHES)
    sys.addaudithook(refuse_elsewhere)


def refuse_elsewhere(event: str, arguments: tuple[object, ...]) -> None:
    """An audit hook (PEP 578). Raises `ConnectionRefusedError` for a connection or look-up beyond this machine."""
    if event not in {"socket.connect", "socket.getaddrinfo"}:
        return
    address = arguments[1] if event == "socket.connect" else arguments
    host = address[0] if isinstance(address, tuple) else None  # a local socket's address is a path
    if isinstance(host, str) and not _is_here(host):
        raise ConnectionRefusedError(f"{host}: this benchmark talks to nobody outside this machine.")


def _is_here(host: str) -> bool:
    """Whether a name or address is this machine's own."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in {"", "localhost"}
