"""Sign-in with a fake OpenID Connect provider, which may be honest or dishonest."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi.testclient import TestClient
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from pydantic import SecretStr, ValidationError

from api.app import create
from api.routes.system.sign_in import COOKIE
from matcher.accounts import Accounts, OrganisationKind
from matcher.foundations.settings import Settings
from tests.api.conftest import fake_engine
from tests.api.support.checks import problem


class FakeProvider(ThreadingHTTPServer):
    """A provider on this machine. `claims` override the claims in its next ID token, and `key` signs the token."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.issuer = f"http://127.0.0.1:{self.server_address[1]}"
        self.published = RSAKey.generate_key(2048, {"kid": "1"})
        self.key = self.published
        self.token_endpoint = f"{self.issuer}/token"
        self.token_status = 200
        self.answer: bytes | None = None  # sent to every request, in place of the answer
        self.answer_headers: dict[str, str] = {}
        self.claims: dict[str, Any] = {}
        self.headers: dict[str, Any] = {"alg": "RS256", "kid": "1"}
        self.codes: dict[str, dict[str, str]] = {}

    def consent(self, url: str) -> dict[str, str]:
        """Sign in at `url` and return the parameters of the redirect back."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert query["response_type"] == "code"
        assert query["scope"] == "openid"
        code = f"code-{len(self.codes)}"
        self.codes[code] = query
        return {"code": code, "state": query["state"]}

    def token(self, form: dict[str, str]) -> dict[str, str] | None:
        """Return the token for a code, once, if the verifier matches the challenge."""
        query = self.codes.pop(form["code"], None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=")
        if query is None or query["code_challenge"] != challenge.decode():
            return None
        claims = {
            "iss": self.issuer,
            "sub": "person-1",
            "aud": query["client_id"],
            "iat": int(time.time()),
            "exp": int(time.time()) + 300,
            "nonce": query["nonce"],
            **self.claims,
        }
        return {
            "access_token": "x",
            "token_type": "Bearer",
            "id_token": jwt.encode(self.headers, claims, self.key, algorithms=[self.headers["alg"]]),
        }


class _Handler(BaseHTTPRequestHandler):
    server: FakeProvider

    def do_GET(self) -> None:
        issuer = self.server.issuer
        metadata: Any = {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/authorize",
            "token_endpoint": self.server.token_endpoint,
            "jwks_uri": f"{issuer}/keys",
        }
        self._send_json(metadata if "well-known" in self.path else KeySet([self.server.published]).as_dict())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        assert self.headers["authorization"] == "Basic " + base64.b64encode(b"matcher:secret").decode()
        answer = self.server.token({name: values[0] for name, values in parse_qs(body).items()})
        self._send_json(answer or {"error": "invalid_grant"}, self.server.token_status if answer else 400)

    def _send_json(self, value: Any, status: int = 200) -> None:
        self.send_response(status)
        for name, header in {"content-type": "application/json", **self.server.answer_headers}.items():
            self.send_header(name, header)
        self.end_headers()
        with suppress(ConnectionError):
            self.wfile.write(json.dumps(value).encode() if self.server.answer is None else self.server.answer)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    with FakeProvider() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def browser(settings: Settings, provider: FakeProvider) -> Iterator[TestClient]:
    chosen = settings.model_copy(
        update={
            "access": "keys",
            "oidc_issuer": provider.issuer,
            "oidc_client_id": "matcher",
            "oidc_client_secret": SecretStr("secret"),
            "public_url": "https://testserver/",
        }
    )
    app = create(chosen, engine_of=fake_engine)
    with TestClient(app, base_url="https://testserver", follow_redirects=False) as client:
        accounts = Accounts(app.state.service.store.database)
        accounts.add_organisation("icb", name="An ICB", kind=OrganisationKind.COMMISSIONER)
        accounts.add_member("icb", name="A. Person", subject=f"{provider.issuer}|person-1")
        yield client


def redirect_parameters(browser: TestClient, provider: FakeProvider) -> dict[str, str]:
    begun = browser.get("/v1/sign-in")
    assert begun.status_code == 303
    assert "redirect_uri=https%3A%2F%2Ftestserver%2Fv1%2Fsign-in%2Fcallback" in begun.headers["location"]
    return provider.consent(begun.headers["location"])


def test_signing_in_starts_a_session(browser: TestClient, provider: FakeProvider) -> None:
    back = redirect_parameters(browser, provider)
    problem(browser.get("/v1/caller"), 401)
    done = browser.get("/v1/sign-in/callback", params=back)
    assert (done.status_code, done.headers["location"]) == (303, "/docs")
    assert COOKIE not in browser.cookies
    assert browser.get("/v1/caller").json()["organisation_id"] == "icb"
    problem(browser.get("/v1/sign-in/callback", params=back), 401)


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://elsewhere.example"},
        {"aud": "another"},
        {"nonce": "another"},
        {"nonce": None},
        # The explicit id keeps the time out of the name of the test.
        pytest.param({"exp": int(time.time()) - 3_600}, id="expired"),
        {"sub": None},
        {"iat": None},
        {"azp": "another"},
    ],
    ids=str,
)
def test_an_id_token_with_wrong_claims_is_refused(
    browser: TestClient, provider: FakeProvider, claims: dict[str, Any]
) -> None:
    provider.claims = claims
    problem(browser.get("/v1/sign-in/callback", params=redirect_parameters(browser, provider)), 401)
    problem(browser.get("/v1/caller"), 401)


def test_an_id_token_with_a_wrong_signature_is_refused(browser: TestClient, provider: FakeProvider) -> None:
    provider.key = RSAKey.generate_key(2048, {"kid": "1"})
    problem(browser.get("/v1/sign-in/callback", params=redirect_parameters(browser, provider)), 401)


def test_a_response_to_another_sign_in_is_refused(browser: TestClient, provider: FakeProvider) -> None:
    back = redirect_parameters(browser, provider)
    problem(browser.get("/v1/sign-in/callback", params={**back, "state": "other"}), 401)
    problem(browser.get("/v1/sign-in/callback", params={**back, "code": "other"}), 401)
    first = browser.cookies[COOKIE]
    redirect_parameters(browser, provider)
    assert browser.cookies[COOKIE] != first
    problem(browser.get("/v1/sign-in/callback", params=back), 401)
    browser.cookies.clear()
    problem(browser.get("/v1/sign-in/callback", params=back), 401)
    problem(browser.get("/v1/sign-in/callback"), 401)


def test_a_stranger_is_told_what_the_administrator_must_do(browser: TestClient, provider: FakeProvider) -> None:
    provider.claims = {"sub": "person-2"}
    refused = problem(browser.get("/v1/sign-in/callback", params=redirect_parameters(browser, provider)), 403)
    assert f"{provider.issuer}|person-2" in refused["remedy"]


def test_an_unreachable_provider_gives_503(settings: Settings) -> None:
    chosen = settings.model_copy(update={"oidc_issuer": "http://127.0.0.1:9"})
    with TestClient(create(chosen, engine_of=fake_engine), follow_redirects=False) as client:
        problem(client.get("/v1/sign-in"), 503)


@pytest.mark.parametrize("status", [500, 503])
def test_a_failing_token_endpoint_gives_503(browser: TestClient, provider: FakeProvider, status: int) -> None:
    back = redirect_parameters(browser, provider)
    provider.token_status = status
    problem(browser.get("/v1/sign-in/callback", params=back), 503)


def test_an_unreachable_token_endpoint_gives_503(browser: TestClient, provider: FakeProvider) -> None:
    provider.token_endpoint = "http://127.0.0.1:9/token"
    problem(browser.get("/v1/sign-in/callback", params=redirect_parameters(browser, provider)), 503)


def test_a_withdrawn_key_stops_working(browser: TestClient, provider: FakeProvider) -> None:
    done = browser.get("/v1/sign-in/callback", params=redirect_parameters(browser, provider))
    assert done.status_code == 303
    provider.published = RSAKey.generate_key(2048, {"kid": "1"})
    browser.cookies.clear()
    problem(browser.get("/v1/sign-in/callback", params=redirect_parameters(browser, provider)), 401)


def test_other_signature_algorithms_are_refused(browser: TestClient, provider: FakeProvider) -> None:
    provider.headers = {"alg": "RS384", "kid": "1"}
    problem(browser.get("/v1/sign-in/callback", params=redirect_parameters(browser, provider)), 401)


def test_a_provider_with_another_issuer_gives_503(settings: Settings, provider: FakeProvider) -> None:
    chosen = settings.model_copy(update={"oidc_issuer": provider.issuer + "/"})
    with TestClient(create(chosen, engine_of=fake_engine), follow_redirects=False) as client:
        problem(client.get("/v1/sign-in"), 503)


def test_the_issuer_must_use_https() -> None:
    with pytest.raises(ValidationError, match="https"):
        Settings(oidc_issuer="http://login.example.org")
    assert "hush" not in repr(Settings(oidc_client_secret=SecretStr("hush")))


BIG = json.dumps({"keys": "x" * (2 * 1024 * 1024)}).encode()
ODD_ANSWERS: dict[str, tuple[bytes, dict[str, str]]] = {
    "large": (BIG, {}),
    "compressed": (gzip.compress(BIG), {"content-encoding": "gzip"}),
    "deep": (b"[" * 500_000, {}),
    "a list": (b"[1]", {}),
    "no JSON": (b"<html>", {}),
    "nothing": (b"{}", {}),
    "odd keys": (b'{"keys": [1]}', {}),
    "odder keys": (b'{"keys": 1}', {}),
}


@pytest.mark.parametrize("kind", ODD_ANSWERS)
def test_an_odd_answer_of_the_provider_gives_503(browser: TestClient, provider: FakeProvider, kind: str) -> None:
    provider.answer, provider.answer_headers = ODD_ANSWERS[kind]
    problem(browser.get("/v1/sign-in"), 503)  # the discovery document
    provider.answer, provider.answer_headers = None, {}
    back = redirect_parameters(browser, provider)
    provider.answer, provider.answer_headers = ODD_ANSWERS[kind]
    refused = browser.get("/v1/sign-in/callback", params=back)  # the token
    assert refused.status_code in (401, 503), refused.text
