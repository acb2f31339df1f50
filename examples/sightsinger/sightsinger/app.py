"""The application: routes, workers, page."""

from importlib import resources
from typing import Any

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from sonic_services import service

from . import VERSION
from .settings import Settings

# The page loads nothing from elsewhere and runs no code but its own; the score's drawing sets styles in place.
_PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline';"
    " img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'; font-src 'self' data:;"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def make_app(settings: Settings) -> FastAPI:
    """The application."""
    app = service("sightsinger", settings.server, version=VERSION, answer_headers=_PAGE_HEADERS)

    @app.get("/healthz")
    async def health() -> dict[str, Any]:
        return {"status": "ok", "build": VERSION}

    page = resources.files(__package__).joinpath("static")
    app.mount("/", StaticFiles(directory=str(page), html=True), name="page")
    return app
