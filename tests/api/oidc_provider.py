"""An OpenID provider in a process of its own: `python oidc_provider.py PORT`. Strict where providers are.

`POST /next` says who signs in next, and what is wrong with the answer (`fault`).
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import sys
import time
from urllib.parse import unquote, urlencode

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey

CLIENT_ID, CLIENT_SECRET = "labmark client", "s3cret/with:odd+characters"


class Provider:
    def __init__(self, port):
        self.issuer = f"http://127.0.0.1:{port}"
        self.key, self.stranger = (RSAKey.generate_key(2048, {"kid": kid, "use": "sig"}) for kid in ("one", "one"))
        self.next = {}
        self.codes = {}
        self.asked = []

    def authorize(self, asked):
        self.asked.append(asked)
        needed = {"response_type": "code", "client_id": CLIENT_ID, "code_challenge_method": "S256"}
        assert {name: asked.get(name) for name in needed} == needed, asked
        assert len(asked["state"]) >= 43
        assert len(asked["nonce"]) >= 43
        assert "openid" in asked["scope"].split()
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        state = "another" if self.next.get("fault") == "state" else asked["state"]
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': state})}"

    def token(self, authorization, form):
        own = f"{CLIENT_ID}:{CLIENT_SECRET}"
        scheme, _, packed = authorization.partition(" ")
        given = unquote(base64.b64decode(packed).decode()) if scheme == "Basic" else ""
        if given != own:
            return JSONResponse({"error": "invalid_client"}, 401)
        asked = self.codes.pop(form.get("code"), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if (
            asked is None
            or form.get("grant_type") != "authorization_code"
            or form.get("redirect_uri") != asked["redirect_uri"]
            or challenge.rstrip(b"=").decode() != asked["code_challenge"]
        ):
            return JSONResponse({"error": "invalid_grant"}, 400)
        return JSONResponse({"access_token": "a", "token_type": "Bearer", "id_token": self.id_token(asked["nonce"])})

    def id_token(self, nonce):
        now, fault = int(time.time()), self.next.get("fault", "")
        claims = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 60, "nonce": nonce, **self.next["claims"]}
        claims |= {
            "nonce": {"nonce": "another"},
            "audience": {"aud": "somebody else"},
            "audiences": {"aud": [CLIENT_ID, "somebody else"], "azp": "somebody else"},
            "expired": {"iat": now - 7200, "exp": now - 3600},
            "issuer": {"iss": "https://evil.example"},
        }.get(fault, {})
        if fault.startswith("no_"):
            del claims[fault.removeprefix("no_")]
        if fault == "alg_none":
            return ".".join(_b64(part) for part in ('{"alg":"none"}', json.dumps(claims), ""))
        if fault == "alg_hs256":
            # The public key taken for a shared secret, as careless verifiers do.
            return jwt.encode({"alg": "HS256", "kid": "one"}, claims, OctKey.import_key(self.key.as_pem(private=False)))
        key = self.stranger if fault == "signature" else self.key
        return jwt.encode({"alg": "RS256", "kid": key.kid}, claims, key)


def _b64(text):
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def app_of(provider):
    app = FastAPI()

    @app.get("/.well-known/openid-configuration")
    def metadata():
        at = provider.issuer
        return {
            "issuer": at,
            "authorization_endpoint": f"{at}/authorize",
            "token_endpoint": f"{at}/token",
            "jwks_uri": f"{at}/keys",
        }

    @app.get("/keys")
    def keys():
        return KeySet([provider.key]).as_dict(private=False)

    @app.get("/authorize")
    def authorize(request: Request):
        return RedirectResponse(provider.authorize(dict(request.query_params)), 302)

    @app.post("/token")
    async def token(request: Request):
        form = {name: str(value) for name, value in (await request.form()).items()}
        return provider.token(request.headers.get("authorization", ""), form)

    @app.post("/next")
    async def be_next(request: Request):
        provider.next = await request.json()
        return {}

    @app.post("/new-key")
    def new_key():
        provider.key = RSAKey.generate_key(2048, {"kid": "two", "use": "sig"})
        return {}

    return app


if __name__ == "__main__":
    uvicorn.run(app_of(Provider(int(sys.argv[1]))), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
