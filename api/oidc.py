"""Signing in at an OpenID provider: authorization code flow with PKCE, state and nonce (OpenID Connect Core).

What somebody takes along to the provider and back lies in a cookie of their browser, and nowhere here: the
browser that comes back must be the one that left.
"""

from __future__ import annotations

import hmac
import json
import re
import secrets
import threading
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar
from urllib.parse import quote

import httpx
import structlog
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from api.errors import ProblemError
from store.roster_csv import MAX_NAME_CHARS, clean_email, clean_name, fault_of_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from store.settings import Settings

LIFETIME_S: Final = 600.0
CALLBACK: Final = "/login/provider/back"
_TIMEOUT_S: Final = 5.0
_KNOWN_FOR_S: Final = 3600.0
_LEFT_ALONE_S: Final = 10.0
_BASIC: Final = "client_secret_basic"
_LEEWAY_S: Final = 60
# None, and those with a shared secret, are not among them.
_ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA")
_SUBJECT: Final = re.compile(r"[\x20-\x7e]{1,255}")
Value = TypeVar("Value")
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Away:
    """What a browser takes along. `after`: the page that was asked for."""

    state: str
    nonce: str
    verifier: str
    after: str

    def to_cookie(self) -> str:
        return json.dumps(asdict(self)).encode().hex()

    @classmethod
    def from_cookie(cls, value: str) -> Away | None:
        try:
            return cls(**{name: str(part) for name, part in json.loads(bytes.fromhex(value)).items()})
        except (ValueError, TypeError, AttributeError):
            return None


@dataclass(frozen=True, kw_only=True)
class Stranger:
    """Whom the provider says it is. `email`: only one that it has verified."""

    issuer: str
    subject: str
    login: str
    display_name: str
    email: str | None


class Provider:
    """Nothing connects before somebody signs in."""

    def __init__(self, settings: Settings, *, client_id: str, client_secret: str, issuer: str) -> None:
        self.name = settings.oidc_name
        self.links_by_email = settings.oidc_link_by_email
        self.creates_accounts = settings.oidc_create_accounts
        self._issuer, self._client_id, self._client_secret = issuer, client_id, client_secret
        self._metadata = _Kept(self._fetch_metadata)
        self._keys = _Kept(self._fetch_keys)

    @classmethod
    def of(cls, settings: Settings) -> Provider | None:
        """Raises OSError where the file of the secret cannot be read."""
        if not (settings.oidc_issuer and settings.oidc_client_id and settings.oidc_client_secret_file):
            return None
        secret = settings.oidc_client_secret_file.read_text(encoding="utf-8").strip()
        return cls(
            settings, client_id=settings.oidc_client_id, client_secret=secret, issuer=settings.oidc_issuer
        )

    def leave(self, redirect_uri: str, after: str) -> tuple[str, Away]:
        """Where to send the browser, and what it takes along. Raises ProblemError."""
        away = Away(
            state=secrets.token_urlsafe(32),
            nonce=secrets.token_urlsafe(32),
            verifier=secrets.token_urlsafe(48),
            after=after,
        )
        with _told("metadata"):
            address: str = prepare_grant_uri(
                self._endpoint("authorization_endpoint"),
                self._client_id,
                "code",
                redirect_uri=redirect_uri,
                scope="openid profile email",
                state=away.state,
                nonce=away.nonce,
                code_challenge=create_s256_code_challenge(away.verifier),
                code_challenge_method="S256",
            )
        return address, away

    def come_back(self, away: Away, *, state: str, code: str, redirect_uri: str) -> Stranger:
        """Raises ProblemError."""
        with _told("state"):
            if not hmac.compare_digest(state.encode(), away.state.encode()):
                raise ValueError("it is not the one that left")
        with _told("code"):
            answer = self._exchange(
                grant_type="authorization_code",
                code=code,
                redirect_uri=redirect_uri,
                code_verifier=away.verifier,
            )
        with _told("id_token"):
            claims = self._verified(answer, away)
        return self._stranger(claims)

    def _verified(self, answer: dict[str, Any], away: Away) -> CodeIDToken:
        """Raises JoseError for a wrong signature, issuer, audience, nonce or time."""
        id_token, access_token = str(answer.get("id_token", "")), str(answer.get("access_token", ""))
        try:
            token = jwt.decode(id_token, self._keys.value(), algorithms=_ALGORITHMS)
        except (JoseError, ValueError):
            # The provider may have new keys since.
            token = jwt.decode(id_token, self._keys.value(afresh=True), algorithms=_ALGORITHMS)
        claims = CodeIDToken(
            token.claims,
            token.header,
            options={
                "iss": {"essential": True, "value": self._issuer},
                "aud": {"essential": True, "value": self._client_id},
                "sub": {"essential": True},
                "exp": {"essential": True},
            },
            params={"nonce": away.nonce, "client_id": self._client_id, "access_token": access_token},
        )
        claims.validate(now=int(time.time()), leeway=_LEEWAY_S)
        return claims

    def _stranger(self, claims: CodeIDToken) -> Stranger:
        subject = claims["sub"]
        if not isinstance(subject, str) or not _SUBJECT.fullmatch(subject):
            raise refused("sub")
        # A provider that does not say so has not verified it.
        verified = claims.get("email_verified") is True
        email = clean_email(str(claims.get("email", ""))) if verified else None
        wanted = str(claims.get("preferred_username") or (email or "").partition("@")[0] or "user")
        name = clean_name(str(claims.get("name", "")))[:MAX_NAME_CHARS]
        return Stranger(
            issuer=self._issuer,
            subject=subject,
            login=wanted.partition("@")[0],
            display_name="" if fault_of_name(name) else name,
            email=email,
        )

    def _exchange(self, **form: str) -> dict[str, Any]:
        """The code for the tokens. Raises httpx.HTTPError, or ValueError for what is no JSON object."""
        own = (quote(self._client_id, safe=""), quote(self._client_secret, safe=""))
        # Where the provider does not say, this is how (OpenID Connect Discovery 1.0, section 3).
        ways = self._metadata.value().get("token_endpoint_auth_methods_supported", [_BASIC])
        if _BASIC in ways:
            auth = httpx.BasicAuth(*own)
        else:
            auth, form = None, {**form, "client_id": self._client_id, "client_secret": self._client_secret}
        answer = httpx.post(self._endpoint("token_endpoint"), data=form, auth=auth, timeout=_TIMEOUT_S)
        found = answer.raise_for_status().json()
        if not isinstance(found, dict):
            raise ValueError("the token endpoint answers with no JSON object")  # noqa: TRY004 - as what it is
        return found

    def _endpoint(self, name: str) -> str:
        return str(self._metadata.value()[name])

    def _fetch_metadata(self) -> dict[str, Any]:
        address = f"{self._issuer.rstrip('/')}/.well-known/openid-configuration"
        found: dict[str, Any] = httpx.get(address, timeout=_TIMEOUT_S).raise_for_status().json()
        if found.get("issuer") != self._issuer:
            raise ValueError(f"it says that it is {found.get('issuer')!r}")
        return found

    def _fetch_keys(self) -> KeySet:
        document = httpx.get(self._endpoint("jwks_uri"), timeout=_TIMEOUT_S).raise_for_status().json()
        return KeySet.import_key_set(document)


class _Kept(Generic[Value]):
    """Fetched when it is first asked for, and again after an hour."""

    def __init__(self, fetch: Callable[[], Value]) -> None:
        self._fetch, self._lock = fetch, threading.Lock()
        self._value: Value | None = None
        self._since = 0.0
        self._away_until = 0.0

    def value(self, *, afresh: bool = False) -> Value:
        with self._lock:
            now = time.monotonic()
            if self._value is not None and not afresh and now - self._since < _KNOWN_FOR_S:
                return self._value
            if now < self._away_until:
                # Else everybody who tries would hold a thread until the time is up.
                raise ValueError("it did not answer a moment ago")
            try:
                self._value, self._since = self._fetch(), now
            except (httpx.HTTPError, ValueError):
                self._away_until = time.monotonic() + _LEFT_ALONE_S
                raise
            return self._value


class _told:  # noqa: N801 - reads as what it is in a with statement
    """What the provider answers wrongly, or not at all, is logged, and a problem for the reader."""

    def __init__(self, step: str) -> None:
        self._step = step

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        known = (JoseError, httpx.HTTPError, ValueError, KeyError)
        if isinstance(error, known):
            _log.warning("oidc.refused", step=self._step, error=type(error).__name__, reason=str(error))
            raise refused(self._step) from error


def refused(step: str) -> ProblemError:
    """`step`: what of it was wrong, for the log of whoever asks the operator."""
    return ProblemError("provider_refused", step=step)
