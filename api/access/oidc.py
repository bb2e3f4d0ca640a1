"""Provider: sign-in by OpenID Connect (authorisation code, PKCE, nonce), where the settings name one.

Authlib asks and exchanges, joserfc checks the signature. What a provider says of a person's name or address
is not looked at: only `sub`, which the administrator has given to a member.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from typing import Any, Final, cast

from matcher.foundations.errors import NotFound, NotSignedIn, Unavailable
from matcher.foundations.settings import Settings

_SECONDS: Final = 10.0
_SCOPE: Final = "openid"
# RS256 is the one that every provider must know (OpenID Connect Discovery 1.0, section 3).
_ALGORITHMS: Final = ("RS256", "ES256", "PS256")
# How far the clocks of two machines may be apart, in seconds.
_LEEWAY: Final = 60


@dataclass(frozen=True)
class Pending:
    """A sign-in under way, kept by the browser that began it: only there can it end."""

    state: str
    nonce: str
    verifier: str

    @classmethod
    def new(cls) -> Pending:
        """Return one that nobody can guess."""
        return cls(secrets.token_urlsafe(24), secrets.token_urlsafe(24), secrets.token_urlsafe(48))

    @classmethod
    def of_cookie(cls, value: str | None) -> Pending:
        """Undo `cookie`.

        Raises:
            NotSignedIn: it is none.

        """
        parts = (value or "").split(".")
        if len(parts) != 3:
            raise _again("no sign-in is under way in this browser")
        return cls(*parts)

    @property
    def cookie(self) -> str:
        """What the browser keeps."""
        return f"{self.state}.{self.nonce}.{self.verifier}"


class Provider:
    """The OpenID Connect provider that the settings name."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._known: dict[str, Any] | None = None

    def address(self, pending: Pending) -> str:
        """Return where the browser goes to sign in.

        Raises:
            NotFound: the settings name no provider.
            Unavailable: it cannot be reached.

        """
        with self._client() as client:
            url, _ = client.create_authorization_url(
                self._endpoint("authorization_endpoint"),
                state=pending.state,
                nonce=pending.nonce,
                code_verifier=pending.verifier,
            )
        return str(url)

    def subject(self, pending: Pending, state: str, code: str) -> str:
        """Return who has signed in: the issuer and what it calls them.

        Raises:
            NotFound: the settings name no provider.
            NotSignedIn: the answer is not one to this sign-in, or not the provider's.
            Unavailable: the provider cannot be reached.

        """
        if not hmac.compare_digest(state.encode(), pending.state.encode()):
            raise _again("the answer belongs to another sign-in")
        with self._client() as client:
            import httpx
            from authlib.integrations.base_client import OAuthError

            endpoint = self._endpoint("token_endpoint")
            try:
                token = client.fetch_token(endpoint, code=code, code_verifier=pending.verifier)
            except (OAuthError, ValueError) as error:
                raise _again("the provider refused the answer") from error
            except httpx.HTTPError as error:
                raise self._unreachable() from error
        claims = self._claims(str(token.get("id_token", "")), pending.nonce)
        return f"{self._settings.oidc_issuer}|{claims['sub']}"

    def _claims(self, token: str, nonce: str) -> dict[str, Any]:
        from joserfc import jwt
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        wanted: dict[str, Any] = {
            "iss": {"essential": True, "value": self._settings.oidc_issuer},
            "aud": {"essential": True, "value": self._settings.oidc_client_id},
            "nonce": {"essential": True, "value": nonce},
            "sub": {"essential": True},
            "exp": {"essential": True},
        }
        try:
            keys = KeySet.import_key_set(cast("Any", self._get(self._endpoint("jwks_uri"))))
            claims = jwt.decode(token, keys, algorithms=list(_ALGORITHMS)).claims
            jwt.JWTClaimsRegistry(leeway=_LEEWAY, **wanted).validate(claims)
        except (JoseError, ValueError) as error:
            raise _again("the provider's word cannot be trusted") from error
        return dict(claims)

    def _client(self) -> Any:
        settings = self._settings
        if not settings.oidc_issuer:
            raise NotFound("no sign-in provider is set up", remedy="Use a key, or set MATCHER_OIDC_ISSUER")
        try:
            from authlib.integrations.httpx_client import OAuth2Client
        except ImportError as error:
            raise Unavailable(
                "what signs in by OpenID Connect is not installed",
                remedy="Install it with: pip install 'partnership-matcher[oidc]'",
            ) from error
        return OAuth2Client(
            client_id=settings.oidc_client_id,
            client_secret=settings.oidc_client_secret.get_secret_value() if settings.oidc_client_secret else None,
            redirect_uri=f"{settings.public_url.rstrip('/')}/v1/sign-in/callback",
            scope=_SCOPE,
            code_challenge_method="S256",
            timeout=_SECONDS,
        )

    def _endpoint(self, name: str) -> str:
        if self._known is None:
            issuer = str(self._settings.oidc_issuer)
            found = self._get(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
            if found.get("issuer") != issuer:
                raise Unavailable("the sign-in provider names itself otherwise", remedy="Correct MATCHER_OIDC_ISSUER")
            self._known = found
        return str(self._known[name])

    def _get(self, url: str) -> dict[str, Any]:
        import httpx

        try:
            answer: dict[str, Any] = httpx.get(url, timeout=_SECONDS).raise_for_status().json()
        except (httpx.HTTPError, ValueError) as error:
            raise self._unreachable() from error
        return answer

    def _unreachable(self) -> Unavailable:
        return Unavailable("the sign-in provider cannot be reached", remedy="Check MATCHER_OIDC_ISSUER; try again")


def _again(problem: str) -> NotSignedIn:
    return NotSignedIn(problem, remedy="Sign in again, from the start")
