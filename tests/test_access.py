"""ui.access: strangers come in only where somebody meant it, and who may change the library follows from that."""

import socket

import pytest
from pydantic import SecretStr

from index.errors import SettingsError
from ui.access import Credentials, access, is_address, is_loopback
from ui.settings import PageSettings

EVERYWHERE = "0.0.0.0"  # noqa: S104  # that is the case in question
ANNA = PageSettings(user="anna", password=SecretStr("open sesame"))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "localhost", "::1", "[::1]"])
def test_this_machine_needs_no_password(host: str) -> None:
    allowed = access(PageSettings(), host)
    assert allowed.credentials is None
    assert allowed.is_editable
    assert not allowed.is_open


@pytest.mark.parametrize("host", [EVERYWHERE, "::", "192.168.1.5", "chat.example"])
def test_any_other_address_wants_one(host: str) -> None:
    with pytest.raises(SettingsError, match="CROSSROADS_USER and CROSSROADS_PASSWORD, or give --no-auth"):
        access(PageSettings(), host)
    assert access(ANNA, host).credentials == Credentials("anna", "open sesame")


def test_everybody_is_let_in_by_a_flag_and_may_change_nothing() -> None:
    allowed = access(PageSettings(), EVERYWHERE, no_auth=True)
    assert allowed.is_open
    assert not allowed.is_editable


def test_the_flag_holds_against_a_password_that_is_set() -> None:
    assert access(ANNA, EVERYWHERE, no_auth=True).credentials is None


def test_a_password_that_is_set_holds_on_this_machine_too() -> None:
    assert access(ANNA, "127.0.0.1").credentials is not None


@pytest.mark.parametrize(
    ("settings", "missing"),
    [
        (PageSettings(user="anna"), "CROSSROADS_PASSWORD is not"),
        (PageSettings(password=SecretStr("open sesame")), "CROSSROADS_USER is not"),
    ],
    ids=["user alone", "password alone"],
)
def test_half_a_password_is_a_mistake(settings: PageSettings, missing: str) -> None:
    with pytest.raises(SettingsError, match=missing):
        access(settings, "127.0.0.1")


def test_no_password_is_ever_printed() -> None:
    allowed = access(ANNA, EVERYWHERE)
    assert "sesame" not in repr(allowed)
    assert "sesame" not in repr(ANNA)


@pytest.mark.parametrize(
    ("settings", "host", "no_auth", "is_editable"),
    [
        (PageSettings(editable="yes"), EVERYWHERE, True, True),
        (PageSettings(editable="no"), "127.0.0.1", False, False),
        (PageSettings(), "127.0.0.1", True, True),
        (ANNA, EVERYWHERE, False, True),
    ],
    ids=["said yes", "said no", "this machine", "with a password"],
)
def test_who_may_change_the_library(settings: PageSettings, host: str, no_auth: bool, is_editable: bool) -> None:
    assert access(settings, host, no_auth=no_auth).is_editable == is_editable


def test_the_names_answered_to_are_this_machines_and_those_said() -> None:
    names = access(ANNA, "192.168.1.5", ["Chat.Example"]).names
    assert {"192.168.1.5", "localhost", socket.gethostname().lower(), "chat.example"} <= set(names)
    assert EVERYWHERE not in access(ANNA, EVERYWHERE).names


@pytest.mark.parametrize(
    ("host", "found"),
    [("10.0.0.1", True), ("::1", True), ("fe80::1%eth0", True), ("10.0.0.1.evil.example", False), ("", False)],
)
def test_an_address_is_told_from_a_name(host: str, found: bool) -> None:
    assert is_address(host) == found


def test_a_name_that_begins_like_this_machine_is_another() -> None:
    assert not is_loopback("127.evil.example")
    assert not is_loopback("localhost.evil.example")


def test_a_name_that_a_proxy_answers_to_wants_a_password_too() -> None:
    with pytest.raises(SettingsError, match=r"--trusted-host stories\.example: .*give --no-auth"):
        access(PageSettings(), "127.0.0.1", ["stories.example"])
    assert access(ANNA, "127.0.0.1", ["stories.example"]).is_editable
    everybody = access(PageSettings(), "127.0.0.1", ["stories.example"], no_auth=True)
    assert everybody.is_open
    assert not everybody.is_editable
    assert not access(PageSettings(), "127.0.0.1", ["localhost"]).is_reached


def test_capitals_in_a_name_mean_nothing() -> None:
    assert "chat.example" in access(ANNA, "Chat.Example").names
