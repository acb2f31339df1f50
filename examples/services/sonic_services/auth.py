"""Secrets that callers show."""

import hashlib
import hmac
from collections.abc import Iterable

from fastapi import HTTPException, Request


def same_secret(given: str, expected: str) -> bool:
    """Whether two secrets are equal, in a time that does not tell how much of them is, nor how long they are."""
    return hmac.compare_digest(_digest(given), _digest(expected))


def bearer_token(request: Request) -> str | None:
    """The token of the header `Authorization: Bearer TOKEN`; None without one."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


class BearerTokens:
    """A dependency that lets requests pass which show one of the tokens; without any token all of them.

    app.post("/ingest", dependencies=[Depends(BearerTokens([token]))])
    """

    def __init__(self, tokens: Iterable[str | None], *, open_without: bool = False) -> None:
        self._tokens = [_digest(token) for token in tokens if token]
        # Whether everybody may pass if there is no token at all.
        self._open = open_without and not self._tokens

    def __call__(self, request: Request) -> None:
        """Raises 401 without a token, 403 with one that is not known."""
        if self._open:
            return
        token = bearer_token(request)
        if token is None:
            raise HTTPException(401, "A bearer token is needed", {"WWW-Authenticate": "Bearer"})
        if not self.knows(token):
            raise HTTPException(403, "The token is not valid")

    def knows(self, token: str) -> bool:
        """Whether it is one of the tokens; all are compared, whichever it is."""
        given = _digest(token)
        return any([hmac.compare_digest(given, known) for known in self._tokens])


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
