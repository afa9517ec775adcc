"""Who may come in, under which names, and whether they may change the library: decided once, before anything is served.

Pure: knows neither the network nor Gradio. `gate.py` asks for the password, `security.py` checks the names.
"""

import ipaddress
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field

from index.errors import SettingsError
from ui.settings import PageSettings

OWN_NAMES = ("127.0.0.1", "localhost", "::1")
"""What this machine calls itself."""
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104  # to recognise it, not to bind to it
"""Hosts that stand for every address of this machine."""


@dataclass(frozen=True)
class Credentials:
    """The one user and password that let somebody in."""

    user: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class Access:
    """Where is served and for whom: `credentials` None lets everybody in; `names` are those that are answered to.

    `is_reached` says whether others than this machine may come, `is_editable` whether who comes may change the library.
    """

    host: str
    names: tuple[str, ...]
    credentials: Credentials | None
    is_reached: bool
    is_editable: bool

    @property
    def is_open(self) -> bool:
        """Whether others than this machine can come in, and need no password."""
        return self.credentials is None and self.is_reached


def access(settings: PageSettings, host: str, trusted: Sequence[str] = (), *, no_auth: bool = False) -> Access:
    """What the settings and flags allow. Raises `SettingsError` where strangers could come in and nobody meant it."""
    host = host.strip("[]").lower()
    credentials = None if no_auth else _credentials(settings)
    strange = [name for name in trusted if not is_loopback(name)]  # a proxy stands there for others
    is_reached = bool(strange) or not is_loopback(host)
    if credentials is None and is_reached and not no_auth:
        given = f"--host {host}" if not is_loopback(host) else f"--trusted-host {strange[0]}"
        raise SettingsError(
            f"{given}: others than this machine can reach it, so it wants a password. Set CROSSROADS_USER and "
            "CROSSROADS_PASSWORD, or give --no-auth to let everybody in."
        )
    is_editable = settings.editable == "yes" or (settings.editable == "auto" and bool(credentials or not is_reached))
    return Access(host, _names(host, trusted), credentials, is_reached, is_editable)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach what is bound to the host."""
    return host in OWN_NAMES or (is_address(host) and ipaddress.ip_address(host).is_loopback)


def is_address(host: str) -> bool:
    """Whether a host is an address in numbers, which no page elsewhere can make its own name point to."""
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _credentials(settings: PageSettings) -> Credentials | None:
    user, password = settings.user, settings.password.get_secret_value()
    if bool(user) != bool(password):
        given, missing = ("USER", "PASSWORD") if user else ("PASSWORD", "USER")
        raise SettingsError(
            f"CROSSROADS_{given} is set and CROSSROADS_{missing} is not. Set both, or neither, in the environment "
            "or in .env."
        )
    return Credentials(user, password) if user else None


def _names(host: str, trusted: Sequence[str]) -> tuple[str, ...]:
    machine = socket.gethostname().lower()
    own = () if host in EVERYWHERE else (host,)
    return tuple(dict.fromkeys([*own, *OWN_NAMES, machine, f"{machine}.local", *(name.lower() for name in trusted)]))
