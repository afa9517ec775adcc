"""Which network addresses lie on the public internet.

Pure: nothing is resolved and nothing is asked. Knows nothing of pages or of HTTP.
"""

import re
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

_SPECIAL = tuple(
    ip_network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # shared between a provider and its customers (RFC 6598)
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # Azure's own services inside each of its machines: a public number, but no public place
        "169.254.0.0/16",  # link-local, where clouds keep a machine's credentials
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # relays of 6to4, withdrawn
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
        "2001::/23",  # protocol assignments, Teredo among them
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4, which wraps any IPv4 address
        "3fff::/20",  # documentation
    )
)
# IANA's special-purpose registries of both families (RFC 6890). Written out, because what `ipaddress` calls global
# differs between patch releases of Python, and counts multicast in. What lies outside _UNICAST needs no line.

_UNICAST = IPv6Network("2000::/3")
# The only part of IPv6 in which public addresses are given out.

_NAT64 = IPv6Network("64:ff9b::/96")
# Networks without IPv4 reach it through these (RFC 6052); the same for local use, 64:ff9b:1::/48, is not public.


def is_public(address: str) -> bool:
    """Whether the address, in any notation of `ipaddress`, belongs to the public internet.

    An IPv4 address wrapped in IPv6 (mapped, NAT64) counts as itself; older tunnels (6to4, Teredo) are never public.
    """
    try:
        number = _unwrapped(ip_address(address))
    except ValueError:
        return False
    if isinstance(number, IPv6Address) and (number not in _UNICAST or number.scope_id is not None):
        return False
    return number.is_global and not any(number in network for network in _SPECIAL)


def is_odd_number(host: str) -> bool:
    """Whether a host is a number that only some programs take for an address: `2130706433`, `0x7f.1`, `127.1`.

    The rule is the URL standard's: a name whose last part is a number is an IPv4 address, or wrong.
    """
    last = host.removesuffix(".").rpartition(".")[2]
    return re.fullmatch(r"\d+|0x[0-9a-f]*", last, re.IGNORECASE | re.ASCII) is not None and not _is_address(host)


def _unwrapped(number: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    if isinstance(number, IPv6Address):
        if number.ipv4_mapped is not None:
            return number.ipv4_mapped
        if number in _NAT64:
            return IPv4Address(int(number) & 0xFFFFFFFF)
    return number


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
