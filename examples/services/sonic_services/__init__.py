"""What the example services share, so that each of them is only its routes.

    settings = read(os.environ)                     # settings.Reader: refuses what it does not understand
    app = service("citywok", settings.server, health=lambda: {"status": "healthy"})
    run(app, settings.server)

`settings` reads environment variables, `app` makes the application with health, metrics, logs and error answers,
`auth` compares secrets, `limits` bounds bodies and rates, `download` fetches what users name, `logs` and `metrics` say
what happened.
"""

from .app import client_address, refuse_to_start, run, service
from .auth import BearerTokens, bearer_token, same_secret
from .download import Downloader, DownloadError, Fetched
from .limits import BodyLimit, RateLimiter, Verdict, limiter
from .logs import configure_logs, request_id
from .metrics import Metrics
from .settings import Reader, ServerSettings, SettingsError, read_server_settings

__all__ = [
    "BearerTokens",
    "BodyLimit",
    "DownloadError",
    "Downloader",
    "Fetched",
    "Metrics",
    "RateLimiter",
    "Reader",
    "ServerSettings",
    "SettingsError",
    "Verdict",
    "bearer_token",
    "client_address",
    "configure_logs",
    "limiter",
    "read_server_settings",
    "refuse_to_start",
    "request_id",
    "run",
    "same_secret",
    "service",
]
