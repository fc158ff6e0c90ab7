"""Fixtures of the tests of OAuth connections."""

from tests.workflows.oauth.oauth_kit import fake, issuer, signing

__all__ = ["fake", "issuer", "signing"]
