"""Sign-in over OpenID Connect, using the authorisation code flow, PKCE and a nonce.

Authlib's client makes every request, and Authlib validates the claims. The service uses only the `sub` claim, which
the administrator assigns to a member. The service ignores names and addresses from the provider.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from matcher.foundations.errors import NotFound, NotSignedIn, Unavailable
from matcher.foundations.settings import Settings

# How long to wait for the provider, in seconds.
_TIMEOUT: Final = 10.0
_SCOPE: Final = "openid"
# Every provider must support RS256 (OpenID Connect Discovery 1.0, section 3).
_ALGORITHMS: Final = ("RS256", "ES256", "PS256")
# Allowed difference between this machine's clock and the provider's, in seconds.
_LEEWAY: Final = 60
# The errors that libraries raise for an answer that is no JSON, or has an unexpected shape.
_MALFORMED: Final = (ValueError, TypeError, LookupError, AttributeError, RecursionError)


@dataclass(frozen=True)
class PendingSignIn:
    """A sign-in that has started but not finished, kept in a browser cookie so that no other browser can complete it.

    Attributes:
        state: returned by the provider with the code, to tie the response to this browser.
        nonce: returned by the provider in the ID token, to tie the token to this sign-in.
        verifier: sent by this service with the code, to prove that the same client asked for the code (PKCE).

    """

    state: str
    nonce: str
    verifier: str

    @classmethod
    def new(cls) -> PendingSignIn:
        """Return a sign-in with random values."""
        return cls(secrets.token_urlsafe(24), secrets.token_urlsafe(24), secrets.token_urlsafe(48))

    @classmethod
    def from_cookie(cls, value: str | None) -> PendingSignIn:
        """Return the sign-in stored in `value`, a cookie value made by `cookie`.

        Raises:
            NotSignedIn: `value` is None or was not made by `cookie`.

        """
        parts = (value or "").split(".")
        if len(parts) != 3:
            raise _refused("no sign-in has started in this browser")
        return cls(*parts)

    @property
    def cookie(self) -> str:
        """The value of the cookie that stores this sign-in."""
        return f"{self.state}.{self.nonce}.{self.verifier}"


class OidcProvider:
    """The OpenID Connect provider named in the settings."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._metadata: dict[str, Any] | None = None

    def authorization_url(self, pending: PendingSignIn) -> str:
        """Return the URL at which the browser signs in.

        Raises:
            NotFound: the settings name no provider.
            Unavailable: the provider cannot be reached, its issuer differs from the one in the settings, or the client
                library is not installed.

        """
        with self._client() as client:
            url, _ = client.create_authorization_url(
                self._endpoint(client, "authorization_endpoint"),
                state=pending.state,
                nonce=pending.nonce,
                code_verifier=pending.verifier,
            )
        return str(url)

    def subject(self, pending: PendingSignIn, state: str, code: str) -> str:
        """Return the subject that signed in, as `ISSUER|SUB`. `state` and `code` come from the provider's redirect.

        Raises:
            NotFound: the settings name no provider.
            NotSignedIn: `state` belongs to another sign-in, the provider refused `code`, or the ID token is not valid.
            Unavailable: the provider cannot be reached, its issuer differs from the one in the settings, or the client
                library is not installed.

        """
        if not hmac.compare_digest(state.encode(), pending.state.encode()):
            raise _refused("the response belongs to another sign-in")
        with self._client() as client:
            token = self._fetch_token(client, code, pending.verifier)
            # Fetch the keys at every sign-in, so that a key stops working as soon as the provider withdraws it.
            keys = self._get(client, self._endpoint(client, "jwks_uri"))
        claims = self._validated_claims(token, keys, pending.nonce)
        return f"{self._settings.oidc_issuer}|{claims['sub']}"

    def _fetch_token(self, client: Any, code: str, verifier: str) -> dict[str, Any]:
        from authlib.integrations.base_client import OAuthError

        endpoint = self._endpoint(client, "token_endpoint")
        try:
            return dict(client.fetch_token(endpoint, code=code, code_verifier=verifier))
        except (OAuthError, *_MALFORMED) as error:
            raise _refused("the provider refused the sign-in") from error

    def _validated_claims(self, token: dict[str, Any], keys: dict[str, Any], nonce: str) -> dict[str, Any]:
        from authlib.oidc.core import CodeIDToken
        from joserfc import jwt
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        client_id = self._settings.oidc_client_id
        options = {
            "iss": {"essential": True, "value": self._settings.oidc_issuer},
            "aud": {"essential": True, "value": client_id},
            "nonce": {"essential": True, "value": nonce},
            "sub": {"essential": True},
            "exp": {"essential": True},
        }
        params = {"nonce": nonce, "client_id": client_id, "access_token": token.get("access_token")}
        try:
            # Authlib's own decoder lets the provider choose the algorithms; this service allows only `_ALGORITHMS`.
            key_set = KeySet.import_key_set(keys)  # type: ignore[arg-type]
            id_token = jwt.decode(str(token.get("id_token", "")), key_set, algorithms=list(_ALGORITHMS))
            claims = CodeIDToken(id_token.claims, id_token.header, options, params)
            claims.validate(leeway=_LEEWAY)
        except (JoseError, *_MALFORMED) as error:
            raise _refused("the ID token from the provider is not valid") from error
        return dict(claims)

    @contextmanager
    def _client(self) -> Iterator[Any]:
        """Open Authlib's client for the provider, and raise `Unavailable` if a request fails."""
        settings = self._settings
        if not settings.oidc_issuer:
            raise NotFound("no sign-in provider is set up", remedy="Use a key, or set MATCHER_OIDC_ISSUER")
        try:
            import httpx2
            from authlib.integrations.httpx_client import OAuth2Client

            from api.access.bounded_transport import BoundedTransport
        except ImportError as error:
            raise Unavailable(
                "the libraries for OpenID Connect are not installed",
                remedy="Install them with: pip install 'partnership-matcher[oidc]'",
            ) from error
        client = OAuth2Client(
            client_id=settings.oidc_client_id,
            client_secret=settings.oidc_client_secret.get_secret_value() if settings.oidc_client_secret else None,
            redirect_uri=f"{settings.public_url.rstrip('/')}/v1/sign-in/callback",
            scope=_SCOPE,
            code_challenge_method="S256",
            timeout=_TIMEOUT,
            transport=BoundedTransport(),
        )
        try:
            with client:
                yield client
        except httpx2.HTTPError as error:
            raise _unreachable() from error

    def _endpoint(self, client: Any, name: str) -> str:
        from authlib.oidc.discovery import get_well_known_url

        if self._metadata is None:
            issuer = str(self._settings.oidc_issuer)
            metadata = self._get(client, get_well_known_url(issuer, external=True))
            if metadata.get("issuer") != issuer:
                raise Unavailable(
                    "the sign-in provider's issuer differs from the one in the settings",
                    remedy="Correct MATCHER_OIDC_ISSUER",
                )
            self._metadata = metadata
        if name not in self._metadata:
            raise _unreachable()
        return str(self._metadata[name])

    @staticmethod
    def _get(client: Any, url: str) -> dict[str, Any]:
        try:
            answer = client.request("GET", url, withhold_token=True).raise_for_status().json()
        except _MALFORMED as error:
            raise _unreachable() from error
        if not isinstance(answer, dict):
            raise _unreachable()
        return answer


def _unreachable() -> Unavailable:
    problem = "the sign-in provider cannot be reached, or its answer cannot be used"
    return Unavailable(problem, remedy="Check MATCHER_OIDC_ISSUER, then try again")


def _refused(problem: str) -> NotSignedIn:
    return NotSignedIn(problem, remedy="Start again and sign in")
