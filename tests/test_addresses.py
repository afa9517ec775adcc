"""Which addresses are public, in every notation that hides one that is not."""

from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.intake.addresses import is_odd_number, is_public

PUBLIC = ("93.184.215.14", "8.8.8.8", "100.63.255.255", "2606:4700::6810:84e5", "2a00:1450:4001::200e")

PRIVATE = (
    "0.0.0.0",  # noqa: S104  # it is refused, not bound to
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "172.31.255.255",
    "192.0.0.192",
    "192.168.1.1",
    "198.18.0.1",
    "203.0.113.7",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
)

PRIVATE_IPV6 = (
    "::",
    "::1",
    "::7f00:1",  # IPv4-compatible
    "64:ff9b:1::a00:1",  # NAT64 for local use
    "100::1",
    "2001::1",  # Teredo
    "2001:db8::1",
    "2002:7f00:1::",  # 6to4 of 127.0.0.1
    "2002:5db8:d70e::1",  # 6to4 of a public address
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "2606:4700::1%eth0",
    "fec0::1",
    "ff02::1",
)


@pytest.mark.parametrize("address", PUBLIC)
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", [*PRIVATE, *PRIVATE_IPV6])
def test_addresses_of_machines_and_private_networks_are_not(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["", "localhost", "127.1", "2130706433", "0177.0.0.1", "127.0.0.1 ", "[::1]"])
def test_what_is_no_address_is_not_public(address: str) -> None:
    assert not is_public(address)


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_counts_the_same_wrapped_in_ipv6(address: IPv4Address) -> None:
    wrapped = f"{int(address) >> 16:x}:{int(address) & 0xFFFF:x}"
    assert is_public(f"::ffff:{address}") == is_public(str(address))
    assert is_public(f"::ffff:{wrapped}") == is_public(str(address))
    assert is_public(f"64:ff9b::{wrapped}") == is_public(str(address))
    assert not is_public(f"::{wrapped}")
    assert not is_public(f"2002:{wrapped}::1")


@pytest.mark.parametrize(
    "host", ["2130706433", "0x7f000001", "0X7F.1", "127.1", "0177.0.0.1", "example.1", "127.0.0.1.", "1.2.3.4.5"]
)
def test_numbers_that_only_some_programs_take_for_addresses_are_odd(host: str) -> None:
    assert is_odd_number(host)


@pytest.mark.parametrize(
    "host", ["example.org", "127.0.0.1", "::1", "1password.example", "0x.example", "9to5.example."]
)
def test_names_and_plain_addresses_are_not_odd(host: str) -> None:
    assert not is_odd_number(host)
