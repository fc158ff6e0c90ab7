"""Addresses that may be called: public ones in any spelling, and no others."""

from ipaddress import ip_address

import pytest

from tenants.network.addresses import is_allowed, is_public, leads_inside, literal, parse_url

INSIDE = [
    "127.0.0.1",
    "127.8.9.1",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "0.0.0.0",
    "100.64.0.1",
    "100.100.100.200",
    "192.0.0.192",
    "198.18.0.1",
    "192.0.2.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "168.63.129.16",
    "192.88.99.1",
    "::",
    "::1",
    "fe80::1",
    "fc00::1",
    "fd00:ec2::254",
    "fec0::1",
    "ff02::1",
    "2001:db8::1",
    "3fff::1",
    "100::1",
    "5f00::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::127.0.0.1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::",
    "2001:0:7f00:1::80ff:fffe",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::7f00:1",
]
OUTSIDE = [
    "8.8.8.8",
    "1.1.1.1",
    "172.32.0.1",
    "2606:4700::1111",
    "2a00:1450::1",
    "64:ff9b::808:808",
]


@pytest.mark.parametrize("address", INSIDE)
def test_an_inside_address_is_not_public(address: str) -> None:
    """G3."""
    assert not is_public(ip_address(address))
    assert leads_inside(address)


@pytest.mark.parametrize("address", OUTSIDE)
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "spelling",
    [
        "127.1",
        "127.0.1",
        "0x7f.1",
        "0x7f000001",
        "0x7f.0x0.0x0.0x1",
        "2130706433",
        "017700000001",
        "0177.0.0.1",
        "0",
        "127.0.0.1.",
        "[::1]",
        "::ffff:7f00:1",
    ],
)
def test_every_spelling_a_resolver_takes_is_read_as_the_address_it_is(spelling: str) -> None:
    """G3."""
    address = literal(spelling)
    assert address is not None
    assert not is_public(address)


@pytest.mark.parametrize(
    "name",
    [
        "localhost",
        "LOCALHOST",
        "localhost.",
        "a.localhost",
        "printer.local",
        "metadata.google.internal",
        "redis",
        "db.lan",
        "localhost.localdomain",
        "x.home.arpa",
    ],
)
def test_a_name_of_the_inside_leads_there(name: str) -> None:
    assert leads_inside(name)


@pytest.mark.parametrize("name", ["shop.example", "a.b-c.example", "internal.example"])
def test_any_other_name_says_nothing_by_itself(name: str) -> None:
    assert not leads_inside(name)
    assert literal(name) is None


@pytest.mark.parametrize(
    "url",
    [
        r"https://127.0.0.1\.notify.windows.com/x",
        "https://127.0.0.1\t.notify.windows.com/",
        "https://127.0.0.1%2f.notify.windows.com/",
        "https://.notify.windows.com/x",
        "https://a b.notify.windows.com/",
        "https://shop.example\\@127.0.0.1/",
        "https://127.0.0.1@shop.example/",
        "https://shop.example#@127.0.0.1\\/",
        "https://shop.example:0/",
        "https://shop.example:70000/",
        "https://shop.example:/",
        "https://shop..example/",
        "https://shop.example./",
        "https://-shop.example/",
        "https://ⓢhop.example/",
        "https://①②⑦.⓪.⓪.①/",
        "https://shop。example/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1/",
        "https:///x",
        "//shop.example/",
        "ftp://shop.example/",
        "file:///etc/passwd",
        "https://shop.example/\r\nHost: b",
        "",
    ],
)
def test_an_address_two_readers_may_read_apart_is_none(url: str) -> None:
    """G9."""
    target = parse_url(url)
    assert target is None or target.host == "shop.example"
    assert url == "https://shop.example#@127.0.0.1\\/" or target is None


def test_the_address_called_is_put_together_from_its_parts() -> None:
    target = parse_url("HTTPS://Shop.Example:443/a/b?c=d#e")
    assert target is not None
    assert (target.host, target.port, target.url) == (
        "shop.example",
        443,
        "https://shop.example/a/b?c=d",
    )
    other = parse_url("http://shop.example:8443")
    assert other is not None
    assert other.url == "http://shop.example:8443/"


def test_a_name_is_allowed_with_its_port_and_with_no_other() -> None:
    named = ["127.0.0.1:8025", "crm.internal"]
    assert is_allowed("127.0.0.1", 8025, named)
    assert is_allowed("CRM.internal.", 443, named)
    assert is_allowed("crm.internal", 80, named)
    assert not is_allowed("crm.internal", 8025, named)
    assert not is_allowed("127.0.0.1", 80, named)
    assert not is_allowed("localhost", 8025, named)
    assert not is_allowed("x.crm.internal", 443, named)
