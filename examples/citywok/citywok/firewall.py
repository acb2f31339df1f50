"""CityWok's crude firewall, with the answers that it means to give, and its security headers."""

import re
from urllib.parse import unquote_plus

from fastapi.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-XSS-Protection": "1; mode=block",
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: https:; font-src 'self' data:; connect-src 'self'; frame-ancestors 'none';"
    ),
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "geolocation=(), microphone=(), camera=(), payment=()",
}
"""What goes with every answer."""

_MAX_URL = 2000
_MAX_PARAMETERS = 50
_AGENTS = ("sqlmap", "nikto", "nmap", "masscan", "nessus", "dirbuster", "gobuster", "wpscan", "acunetix")
_PATTERNS = re.compile(r"<script|javascript:|union\s+select|\.\./|\.\.\\", re.IGNORECASE)


class Firewall:
    """Middleware that refuses addresses which are too long, have too many parameters or look like an attack."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        refusal = _refusal(scope) if scope["type"] == "http" else None
        if refusal is None:
            await self._app(scope, receive, send)
            return
        status, text = refusal
        await JSONResponse({"detail": text}, status)(scope, receive, send)


def _refusal(scope: Scope) -> tuple[int, str] | None:
    query = scope["query_string"].decode("latin-1")
    if len(scope["path"]) + len(query) > _MAX_URL:
        return 414, "Request URI too long"
    if query.count("&") >= _MAX_PARAMETERS:
        return 400, "Too many parameters"
    agent = next((value for name, value in scope["headers"] if name == b"user-agent"), b"").decode("latin-1").lower()
    if any(name in agent for name in _AGENTS):
        return 403, "Forbidden"
    if _PATTERNS.search(unquote_plus(query)) or _PATTERNS.search(scope["path"]):
        return 400, "Bad request"
    return None
