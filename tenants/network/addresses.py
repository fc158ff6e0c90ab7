"""Network addresses that may be called: public ones, and internal ones the deployment names.

Everything here works on text and numbers. ``tenants.network.outbound`` resolves names and connects.
"""

import re
import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

Address = IPv4Address | IPv6Address

LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
NAME = re.compile(rf"(?=.{{1,253}}\Z){LABEL}(?:\.{LABEL})*", re.ASCII)
NETLOC = re.compile(r"(?P<host>[a-z0-9_.-]+)(?::(?P<port>[0-9]{1,5}))?", re.ASCII)
PORTS = {"https": 443, "http": 80}
# Names that are internal wherever they are resolved: RFC 6761, RFC 6762, RFC 8375, ICANN 2024.
INSIDE_NAMES = ("localhost", "localdomain", "local", "internal", "intranet", "lan", "home.arpa")
# Outside the private ranges and still not public: Azure's wire server, and 6to4's relays.
INSIDE_NETWORKS = (IPv4Network("168.63.129.16/32"), IPv4Network("192.88.99.0/24"))
GLOBAL_UNICAST = IPv6Network("2000::/3")
NAT64 = IPv6Network("64:ff9b::/96")
# Not public: Teredo and its neighbours and 6to4, which carry an IPv4 address that a router may
# unwrap, and RFC 9637's examples, which ipaddress does not know yet.
NOT_PUBLIC_NETWORKS = (IPv6Network("2001::/23"), IPv6Network("2002::/16"), IPv6Network("3fff::/20"))


@dataclass(frozen=True, slots=True)
class Target:
    """A web address in parts that were checked. ``rest`` is path and query."""

    scheme: str
    host: str
    port: int
    rest: str

    @property
    def netloc(self) -> str:
        """The host, with its port where that is not the scheme's default."""
        return self.host if self.port == PORTS[self.scheme] else f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """The address composed of its checked parts only."""
        return f"{self.scheme}://{self.netloc}{self.rest}"


def parse_url(url: str) -> Target | None:
    """Return the parts of a plain http(s) address.

    None for every address that two parsers may read differently.
    """
    # Browsers and libraries drop or replace these, each in its own way.
    if re.search(r"[\x00-\x20\x7f\\]", url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    found = NETLOC.fullmatch(parts.netloc.lower()) if parts.netloc.isascii() else None
    if parts.scheme not in PORTS or found is None or not NAME.fullmatch(found["host"]):
        return None
    port = int(found["port"] or PORTS[parts.scheme])
    if not 1 <= port <= 65535:
        return None
    query = f"?{parts.query}" if parts.query else ""
    return Target(parts.scheme, found["host"], port, f"{parts.path or '/'}{query}")


def literal(host: str) -> Address | None:
    """Return the IP address that a text is, in any spelling that resolvers take.

    Such as 127.1, 0x7f.1 or 2130706433. None for a name.
    """
    text = host.strip("[]").rstrip(".")
    try:
        return ip_address(text)
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(text))
    except (OSError, UnicodeError):
        return None


def is_public(address: Address) -> bool:
    """Return whether an address is a public one on the internet, and wraps no other address."""
    if isinstance(address, IPv4Address):
        is_internal = any(address in network for network in INSIDE_NETWORKS)
        is_internal = is_internal or address.is_multicast or address.is_reserved
        return address.is_global and not is_internal
    if address.ipv4_mapped is not None:
        return is_public(address.ipv4_mapped)
    if address in NAT64:
        return is_public(IPv4Address(int(address) & 0xFFFFFFFF))
    is_internal = address.is_multicast or any(address in network for network in NOT_PUBLIC_NETWORKS)
    return address in GLOBAL_UNICAST and address.is_global and not is_internal


def leads_inside(host: str) -> bool:
    """Return whether a host is internal by its text. A name may resolve to an internal address."""
    address = literal(host)
    if address is not None:
        return not is_public(address)
    name = host.lower().rstrip(".")
    return "." not in name or any(name.endswith(f".{suffix}") for suffix in INSIDE_NAMES)


def is_allowed(host: str, port: int, named: list[str]) -> bool:
    """Return whether the deployment names this host and port. No port means 443 and 80."""
    name = host.lower().rstrip(".")
    entries = {entry.lower() for entry in named}
    return f"{name}:{port}" in entries or (port in PORTS.values() and name in entries)
