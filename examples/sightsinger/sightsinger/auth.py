"""Who calls: Firebase's ID tokens, and App Check's."""

import asyncio
import hashlib
import logging
import re
import time
from typing import Any

import httpx2
import jwt
from fastapi import HTTPException, Request
from sonic_services import bearer_token

from .settings import Settings

_log = logging.getLogger(__name__)

LOCAL_USER = "local"
"""Everybody, where BACKEND_AUTH_DISABLED."""

_LEEWAY_S = 30
_KEYS_TTL_S = 3600
_FETCH_PAUSE_S = 10
_MAX_TOKEN = 8192


class KeySet:
    """The keys of a JWKS address, kept for an hour, and fetched again for a key that is not among them."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._keys: dict[str, Any] = {}
        self._fetched = self._tried = float("-inf")
        self._lock = asyncio.Lock()

    async def key(self, kid: str) -> Any:
        """The key of an id; None if there is none. Raises 503 if none could be fetched ever."""
        async with self._lock:
            now = time.monotonic()
            stale = now - self._fetched > _KEYS_TTL_S or kid not in self._keys
            if stale and now - self._tried > _FETCH_PAUSE_S:
                self._tried = now
                await self._fetch(now)
            if not self._keys:
                self._tried = float("-inf")
                raise HTTPException(503, "auth_unavailable", {"Retry-After": "5"})
            return self._keys.get(kid)

    async def _fetch(self, now: float) -> None:
        try:
            async with httpx2.AsyncClient(timeout=10, trust_env=False) as client:
                answer = await client.get(self._url)
                answer.raise_for_status()
            found = jwt.PyJWKSet.from_dict(answer.json())
            self._keys = {key.key_id: key.key for key in found.keys if key.key_id}
            self._fetched = now
        except (httpx2.HTTPError, ValueError, jwt.PyJWTError) as error:
            _log.warning("keys cannot be fetched", extra={"url": self._url, "error": repr(error)})


class Auth:
    """A dependency that gives the id of the user. Raises 401 for tokens that are none."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._ids = KeySet(settings.jwks_url)
        self._apps = KeySet(settings.app_check_jwks_url)

    async def __call__(self, request: Request) -> str:
        """The user who calls, as the storage names them."""
        await self.check_app(request)
        if self._settings.auth_disabled:
            return LOCAL_USER
        token = bearer_token(request)
        if token is None:
            raise HTTPException(401, "missing_token", {"WWW-Authenticate": "Bearer"})
        project = self._settings.project_id
        claims = await _verified(
            self._ids, token, audience=project, issuer=f"https://securetoken.google.com/{project}", code="invalid_token"
        )
        subject = claims.get("sub")
        if not isinstance(subject, str) or not 1 <= len(subject) <= 128:
            raise HTTPException(401, "invalid_token")
        return folder_of(subject)

    async def check_app(self, request: Request) -> None:
        """Raises 401 if App Check is required and its token is none."""
        if not self._settings.require_app_check:
            return
        token = request.headers.get("x-firebase-appcheck")
        if not token:
            raise HTTPException(401, "missing_app_check")
        number = self._settings.app_check_project
        await _verified(
            self._apps,
            token,
            audience=f"projects/{number}",
            issuer=f"https://firebaseappcheck.googleapis.com/{number}",
            code="invalid_app_check",
        )


async def _verified(keys: KeySet, token: str, *, audience: str, issuer: str, code: str) -> dict[str, Any]:
    """The claims of a token that is signed, in time, and for this project."""
    try:
        if len(token) > _MAX_TOKEN:
            raise jwt.InvalidTokenError("too long")
        header = jwt.get_unverified_header(token)
        kid = header.get("kid")
        key = await keys.key(kid) if isinstance(kid, str) else None
        if key is None or header.get("alg") != "RS256":
            raise jwt.InvalidTokenError("no such key")
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=["RS256"],
            audience=audience,
            issuer=issuer,
            leeway=_LEEWAY_S,
            options={"require": ["exp", "iat", "aud", "iss", "sub"]},
        )
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        _log.info("a token was refused", extra={"code": code, "error": str(error)})
        raise HTTPException(401, code, {"WWW-Authenticate": "Bearer"}) from None
    return claims


def folder_of(subject: str) -> str:
    """The folder of a user: the id itself, as Firebase's are, or what stands for another."""
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}", subject):
        return subject
    return "hash." + hashlib.sha256(subject.encode("utf-8", "surrogatepass")).hexdigest()
