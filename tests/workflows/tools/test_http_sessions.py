"""Sessions of outgoing HTTP: TLS is that of the host by name, also through a proxy."""

import asyncio
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.fakes.proxy import TunnelProxy
from tests.fakes.sink import HttpSink
from tests.tenants.network.test_proxies import PUBLIC, answers
from workflows.tools.http_sessions import checked_session


@pytest.fixture
def tls_shop(tmp_path: Path) -> Iterator[tuple[HttpSink, ssl.SSLContext]]:
    """A server with a certificate for shop.example, and the context that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "shop.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("shop.example")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    (tmp_path / "both.pem").write_bytes(secret + made.public_bytes(pem))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(tmp_path / "both.pem")
    trusting = ssl.create_default_context(cadata=made.public_bytes(pem).decode())
    with HttpSink() as shop:
        shop.use_tls(server)
        yield shop, trusting


def get(url: str, trusting: ssl.SSLContext) -> int:
    async def go() -> int:
        async with checked_session(trusting) as session, session.get(url) as answer:
            return answer.status

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, go()).result()


def test_tls_through_the_proxy_is_that_of_the_name_and_not_of_the_address(
    tls_shop: tuple[HttpSink, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    shop, trusting = tls_shop
    answers(monkeypatch, shop=PUBLIC, other=PUBLIC)
    with TunnelProxy(to=shop.port) as proxy:
        settings.OUTBOUND_PROXY = proxy.url
        assert get("https://shop.example/orders", trusting) == 200
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            get("https://other.example/orders", trusting)
        assert proxy.asked == [f"{PUBLIC}:443"] * 2
    assert [r["path"] for r in shop.requests] == ["/orders"]
