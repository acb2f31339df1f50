"""Signed addresses of sound, for players that send no headers."""

import base64
import binascii
import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from typing import Any

from fastapi import HTTPException


@dataclass(frozen=True, slots=True)
class Playback:
    """What a token lets its bearer have."""

    uid: str
    """Whose it is."""
    sid: str
    """The session."""
    file: str
    """The file, below the session."""
    resource: str
    """audio or stream."""


class Signer:
    """Signs tokens: an HMAC over {exp, file, sid, uid, res}."""

    def __init__(self, secret: bytes, ttl_s: int) -> None:
        self._secret = secret
        self._ttl_s = ttl_s

    def sign(self, playback: Playback, *, now: float | None = None) -> str:
        """A token that holds for the time to live."""
        content = {
            "exp": int(time.time() if now is None else now) + self._ttl_s,
            "file": playback.file,
            "sid": playback.sid,
            "uid": playback.uid,
            "res": playback.resource,
        }
        body = json.dumps(content, separators=(",", ":"), sort_keys=True).encode()
        return f"{_encode(body)}.{_encode(self._mac(body))}"

    def check(self, token: str, *, sid: str, file: str, resource: str) -> Playback:
        """What a token says, if it is for this. Raises 401 if it has expired, 403 if it is not valid for it."""
        content = self._content(token)
        try:
            playback = Playback(str(content["uid"]), content["sid"], content["file"], content["res"])
            expires = int(content["exp"])
        except (KeyError, TypeError, ValueError):
            raise HTTPException(403, "playback_token_invalid") from None
        if (playback.sid, playback.file, playback.resource) != (sid, file, resource):
            raise HTTPException(403, "playback_token_invalid")
        if time.time() >= expires:
            raise HTTPException(401, "playback_token_expired")
        return playback

    def _content(self, token: str) -> dict[str, Any]:
        try:
            encoded, mac = token.split(".")
            body = _decode(encoded)
            same = hmac.compare_digest(self._mac(body), _decode(mac))
            content = json.loads(body) if same else None
        except (ValueError, binascii.Error):
            content = None
        if not isinstance(content, dict):
            raise HTTPException(403, "playback_token_invalid")
        return content

    def _mac(self, body: bytes) -> bytes:
        return hmac.digest(self._secret, body, hashlib.sha256)


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _decode(text: str) -> bytes:
    # One text for each token: what else stands for the same bytes is refused.
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if _encode(data) != text:
        raise ValueError("not as it is written")
    return data
