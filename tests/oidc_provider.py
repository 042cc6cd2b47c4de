"""A small OpenID Connect provider on loopback, in a process of its own: honest by default, faulty when told to be.

`python -m tests.oidc_provider PORT`. A browser says as whom it signs in (`as=SUBJECT`, where people would type a
password); `PUT /people/SUBJECT` says who that is: `{"claims": {...}, "fault": "nonce"}`.
"""

import base64
import hashlib
import json
import secrets
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey

CLIENTS = {"engine": "fictional-secret-of-the-engine", "shared": None}  # the second is a public client
MINUTE = 60


class Provider:
    def __init__(self, issuer):
        self.issuer = issuer
        self.keys = [RSAKey.generate_key(2048, {"kid": "first", "use": "sig"})]
        self.people, self.codes = {}, {}

    def discovery(self):
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "none"],
        }

    def authorize(self, query):
        """Return where to send the browser."""
        assert query["response_type"] == "code"
        assert query["code_challenge_method"] == "S256"
        assert query["client_id"] in CLIENTS
        assert "openid" in query["scope"].split()
        said = {"state": query["state"], "iss": self.issuer}
        if query["as"] == "nobody":
            return f"{query['redirect_uri']}?{urlencode(said | {'error': 'access_denied'})}"
        if self.people[query["as"]].get("fault") == "mixed up":
            said["iss"] = "https://another.example"
        code = secrets.token_urlsafe()
        self.codes[code] = query
        return f"{query['redirect_uri']}?{urlencode(said | {'code': code})}"

    def token(self, form, client, secret):
        """Return an ID token for a code, once, to the client that asked for it."""
        asked = self.codes.pop(form["code"], None)
        verifier = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest())
        if (
            asked is None
            or client != asked["client_id"]
            or secret != CLIENTS[client]
            or form["redirect_uri"] != asked["redirect_uri"]
            or verifier.decode().rstrip("=") != asked["code_challenge"]
        ):
            return None
        person = self.people[asked["as"]]
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": client,
            "sub": asked["as"],
            "nonce": asked["nonce"],
            "iat": now,
            "exp": now + MINUTE,
        } | person["claims"]
        return {"access_token": "none", "token_type": "Bearer", "id_token": self.signed(claims, person.get("fault"))}

    def signed(self, claims, fault):
        changed = {
            "nonce": {"nonce": "another"},
            "no nonce": {"nonce": None},
            "audience": {"aud": "somebody-else"},
            "many audiences": {"aud": [claims["aud"], "somebody-else"]},
            "authorized party": {"azp": "somebody-else"},
            "issuer": {"iss": "https://another.example"},
            "expired": {"iat": claims["iat"] - 10 * MINUTE, "exp": claims["exp"] - 5 * MINUTE},
            "from the future": {"iat": claims["iat"] + 10 * MINUTE},
            "no subject": {"sub": ""},
        }.get(fault, {})
        claims = {name: value for name, value in (claims | changed).items() if value is not None}
        if fault == "unsigned":
            parts = (json.dumps(each).encode() for each in ({"alg": "none"}, claims))
            return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts) + "."
        if fault == "new keys":
            self.keys = [ECKey.generate_key("P-256", {"kid": secrets.token_hex(4), "use": "sig"})]
        key = self.keys[-1]
        header = {"alg": "RS256" if isinstance(key, RSAKey) else "ES256", "kid": key.kid}
        if fault == "foreign key":
            key = RSAKey.generate_key(2048) if isinstance(key, RSAKey) else ECKey.generate_key("P-256")
        if fault == "key of the client":
            header, key = {"alg": "HS256"}, OctKey.import_key(CLIENTS["engine"])
        return jwt.encode(header, claims, key, algorithms=[header["alg"]])


class Handler(BaseHTTPRequestHandler):
    provider: Provider

    def do_GET(self):
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/.well-known/openid-configuration":
            self.answer(200, self.provider.discovery())
        elif parts.path == "/keys":
            self.answer(200, KeySet(self.provider.keys).as_dict(private=False))
        elif parts.path == "/authorize":
            self.answer(302, {}, Location=self.provider.authorize(query))
        else:
            self.answer(404, {})

    def do_POST(self):
        form = {name: values[0] for name, values in parse_qs(self.body().decode()).items()}
        client, secret = form.get("client_id"), form.get("client_secret")
        if (given := self.headers.get("Authorization", "")).startswith("Basic "):
            client, _, secret = base64.b64decode(given[6:]).decode().partition(":")
        token = self.provider.token(form, client, secret)
        self.answer(400 if token is None else 200, token or {"error": "invalid_grant"})

    def do_PUT(self):
        self.provider.people[self.path.removeprefix("/people/")] = json.loads(self.body())
        self.answer(200, {})

    def body(self):
        return self.rfile.read(int(self.headers["Content-Length"]))

    def answer(self, status, said, **headers):
        content = json.dumps(said).encode()
        self.send_response(status)
        for name, value in (headers | {"Content-Type": "application/json", "Content-Length": len(content)}).items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    port = int(sys.argv[1])
    Handler.provider = Provider(f"http://127.0.0.1:{port}")
    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
