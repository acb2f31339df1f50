"""Who may what: ID tokens, App Check, signed addresses of sound."""

import base64
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from fastapi import HTTPException

from sightsinger.auth import folder_of
from sightsinger.playback import Playback, Signer
from support import Service, serving

PROJECT, NUMBER = "songs-1", "4711"


class Issuer:
    """Who signs tokens, and serves the keys to look at them."""

    def __init__(self) -> None:
        self.keys: dict[str, RSAPrivateKey] = {"one": generate_private_key(65537, 2048)}
        self.requests = 0
        self.fails = False
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, format: str, *args: Any) -> None:
                """Nothing is printed."""

            def do_GET(self) -> None:
                issuer.requests += 1
                body = json.dumps({"keys": [issuer.public(kid) for kid in issuer.keys]}).encode()
                self.send_response(500 if issuer.fails else 200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/keys"

    def public(self, kid: str) -> dict[str, Any]:
        key: dict[str, Any] = jwt.algorithms.RSAAlgorithm.to_jwk(self.keys[kid].public_key(), as_dict=True)
        return {**key, "kid": kid, "alg": "RS256", "use": "sig"}

    def token(self, kid: str = "one", *, key: RSAPrivateKey | None = None, **changes: Any) -> str:
        claims = {
            "iss": f"https://securetoken.google.com/{PROJECT}",
            "aud": PROJECT,
            "sub": "anna",
            "iat": int(time.time()) - 10,
            "exp": int(time.time()) + 600,
            **changes,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(claims, key or self.keys[kid], "RS256", headers={"kid": kid})

    def app(self, **changes: Any) -> str:
        issuer = f"https://firebaseappcheck.googleapis.com/{NUMBER}"
        audience = [f"projects/{NUMBER}", f"projects/{PROJECT}"]
        return self.token(iss=issuer, aud=audience, sub="1:4711:web:1", **changes)


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    issuer = Issuer()
    yield issuer
    issuer.server.shutdown()
    issuer.server.server_close()


@pytest.fixture
def guarded(tmp_path: Path, issuer: Issuer) -> Iterator[Service]:
    """A service that wants ID tokens."""
    changes = {"BACKEND_AUTH_DISABLED": "", "PROJECT_ID": PROJECT, "FIREBASE_JWKS_URL": issuer.url, "WORKERS": "0"}
    with serving(tmp_path, **changes) as service:
        yield service


def status(service: Service, token: str | None, **headers: str) -> int:
    given = {**headers, **({} if token is None else {"Authorization": f"Bearer {token}"})}
    return service.client.post("/sessions", headers=given).status_code


def test_only_tokens_of_the_project_are_taken(guarded: Service, issuer: Issuer) -> None:
    assert status(guarded, issuer.token()) == 200
    assert status(guarded, None) == 401
    other = generate_private_key(65537, 2048)
    now = int(time.time())
    for token in (
        "a.b.c",
        "x" * 9000,
        issuer.token(key=other),
        issuer.token(exp=now - 60),
        issuer.token(iat=now + 600),
        issuer.token(aud="other"),
        issuer.token(iss="https://securetoken.google.com/other"),
        issuer.token(sub=None),
        issuer.token(sub=""),
        issuer.token(exp=None),
        issuer.app(),
        jwt.encode({"sub": "anna"}, "", "none", headers={"kid": "one"}),
        # The public key as the secret of an HMAC.
        jwt.encode({"sub": "anna", "aud": PROJECT}, b"k" * 32, "HS256", headers={"kid": "one"}),
        issuer.token()[:-4] + "AAAA",
    ):
        assert status(guarded, token) == 401, token
    assert guarded.client.get("/config").json()["auth_required"] is True
    assert guarded.client.get("/api/voicebanks").status_code == 200


def test_new_keys_are_fetched_and_old_ones_kept(guarded: Service, issuer: Issuer, monkeypatch: Any) -> None:
    monkeypatch.setattr("sightsinger.auth._FETCH_PAUSE_S", 0.0)
    assert status(guarded, issuer.token()) == 200
    assert status(guarded, issuer.token()) == 200
    assert issuer.requests == 1
    issuer.keys["two"] = generate_private_key(65537, 2048)
    assert status(guarded, issuer.token("two")) == 200
    issuer.fails = True
    assert status(guarded, issuer.token("three", key=issuer.keys["two"])) == 401
    assert status(guarded, issuer.token("two")) == 200


def test_without_keys_it_says_try_again(tmp_path: Path) -> None:
    changes = {"BACKEND_AUTH_DISABLED": "", "PROJECT_ID": PROJECT, "FIREBASE_JWKS_URL": "http://127.0.0.1:9/"}
    with serving(tmp_path, WORKERS="0", **changes) as service:
        answer = service.client.post("/sessions", headers={"Authorization": f"Bearer {Issuer().token()}"})
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


def test_app_check_is_looked_at_where_it_is_required(tmp_path: Path, issuer: Issuer) -> None:
    changes = {"BACKEND_REQUIRE_APP_CHECK": "true", "PROJECT_NUMBER": NUMBER, "APP_CHECK_JWKS_URL": issuer.url}
    with serving(tmp_path, WORKERS="0", **changes) as service:
        assert status(service, None) == 401
        assert status(service, None, **{"X-Firebase-AppCheck": issuer.token()}) == 401
        assert status(service, None, **{"X-Firebase-AppCheck": issuer.app(exp=1)}) == 401
        assert status(service, None, **{"X-Firebase-AppCheck": issuer.app()}) == 200


def test_sessions_of_others_are_not_there(guarded: Service, issuer: Issuer) -> None:
    guarded.headers = {"Authorization": f"Bearer {issuer.token()}"}
    sid = guarded.session()
    assert guarded.upload(sid).status_code == 200
    berta = {"Authorization": f"Bearer {issuer.token(sub='berta')}"}
    for method, path, body in (
        ("GET", "", None),
        ("GET", "/score", None),
        ("GET", "/progress", None),
        ("GET", "/solfege-settings", None),
        ("PATCH", "/solfege-settings", {"mode": "on"}),
        ("PATCH", "/score", {"part_id": "P1", "measure_index": 0, "note_index": 0, "text": "x"}),
        ("POST", "/chat", {"selection": {}}),
        ("POST", "/export-mix", {"tracks": [{"job_id": "0" * 32}]}),
        ("DELETE", "", None),
    ):
        answer = guarded.client.request(method, f"/sessions/{sid}{path}", json=body, headers=berta)
        assert (answer.status_code, answer.json()["detail"]) == (404, "session_not_found"), path
    assert guarded.client.get(f"/sessions/{sid}", headers=guarded.headers).status_code == 200


def test_users_have_folders_that_lead_nowhere_else() -> None:
    assert folder_of("aZ09_-") == "aZ09_-"
    others = {folder_of(subject) for subject in ("../a", "a/b", ".", "..", "ä", "a b", "~x", "hash.x", "a" * 129)}
    assert len(others) == 9
    assert all(name.startswith("hash.") and "/" not in name for name in others)


def test_a_playback_token_is_for_one_file_and_for_its_time() -> None:
    signer = Signer(b"secret", 300)
    playback = Playback("anna", "s", "jobs/1/output.flac", "audio")
    token = signer.sign(playback)
    body = json.loads(base64.urlsafe_b64decode(token.partition(".")[0] + "=="))
    assert set(body) == {"exp", "file", "sid", "uid", "res"}
    assert abs(body["exp"] - time.time() - 300) < 3
    assert signer.check(token, sid="s", file=playback.file, resource="audio") == playback

    def refused(token: str, sid: str = "s", file: str = playback.file, resource: str = "audio") -> int:
        with pytest.raises(HTTPException) as caught:
            signer.check(token, sid=sid, file=file, resource=resource)
        return caught.value.status_code

    assert refused(signer.sign(playback, now=time.time() - 301)) == 401
    assert refused(token, sid="t") == 403
    assert refused(token, file="jobs/2/output.flac") == 403
    assert refused(token, resource="stream") == 403
    assert refused(Signer(b"other", 300).sign(playback)) == 403
    encoded, mac = token.split(".")
    forged = base64.urlsafe_b64encode(json.dumps({**body, "uid": "berta"}).encode()).decode().rstrip("=")
    for wrong in (
        "",
        ".",
        "a.b",
        token + "=",
        token + "A",
        f"{forged}.{mac}",
        f"{encoded}.",
        encoded,
        f"{token}.x",
        "é.é",
    ):
        assert refused(wrong) == 403
    # Whatever single character is changed.
    for n in range(len(token)):
        changed = token[:n] + ("A" if token[n] != "A" else "B") + token[n + 1 :]
        assert refused(changed) == 403
