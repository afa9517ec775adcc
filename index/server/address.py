"""Where a library is kept: a Chroma server's address, checked before anything is sent there."""

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from pydantic import SecretStr

from index.errors import SettingsError

NAME = re.compile(r"[A-Za-z0-9_.-]+")


@dataclass(frozen=True)
class Address:
    """Where a library is kept: a server's URL, one of its tenants, and a database of that, for this library alone."""

    url: str
    token: SecretStr = field(default_factory=lambda: SecretStr(""))
    tenant: str = "default_tenant"
    database: str = "default_database"

    def __post_init__(self) -> None:
        """Raise `SettingsError` for a URL or a token that cannot be one."""
        if not _is_address(self.url):
            raise SettingsError(
                "CROSSROADS_CHROMA_URL: this is no address of a server. Give one such as http://127.0.0.1:8000."
            )
        if any(mark in self.url for mark in "@?#"):
            raise SettingsError(
                "CROSSROADS_CHROMA_URL: there is a user, a password or a query in it. Give the address alone, and the "
                "token as CROSSROADS_CHROMA_TOKEN."
            )
        if not all("!" <= character <= "~" for character in self.token.get_secret_value()):
            raise SettingsError(
                "CROSSROADS_CHROMA_TOKEN: there is a blank, a line break or a foreign letter in it. Copy it again."
            )
        for setting, name in (("TENANT", self.tenant), ("DATABASE", self.database)):
            if not NAME.fullmatch(name):
                raise SettingsError(
                    f"CROSSROADS_CHROMA_{setting}={name!r}: such a name has letters, digits, dots, dashes and "
                    "underscores alone. Correct it in the environment or in .env."
                )

    @property
    def settings(self) -> dict[str, str]:
        """The settings of a process that shall find the same, the token among them."""
        return {
            "CROSSROADS_CHROMA_URL": self.url,
            "CROSSROADS_CHROMA_TOKEN": self.token.get_secret_value(),
            "CROSSROADS_CHROMA_TENANT": self.tenant,
            "CROSSROADS_CHROMA_DATABASE": self.database,
        }

    def __str__(self) -> str:
        """The address, as errors name it."""
        return f"{self.url.rstrip('/')} ({self.tenant}/{self.database})"


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # of a port that is none, or of a bracket without its other
        return False
