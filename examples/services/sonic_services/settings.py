"""Settings from the environment. What is not understood is refused, with the name of the variable."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

_TRUE = {"true", "1", "yes", "on"}
_FALSE = {"false", "0", "no", "off"}


class SettingsError(ValueError):
    """Some variables were not understood; the message has a line for each."""


class Reader:
    """Reads variables, and collects what is wrong with them until `check` raises all of it at once.

    A variable that is set to nothing counts as not set. With `ignore_case` names may be written in any case.
    """

    def __init__(self, environment: Mapping[str, str], *, ignore_case: bool = False) -> None:
        self._ignore_case = ignore_case
        self._values = {self._key(name): value.strip() for name, value in environment.items()}
        self._known: set[str] = set()
        self.problems: list[str] = []

    def text(
        self,
        name: str,
        default: str = "",
        *,
        required: bool = False,
        choices: Iterable[str] = (),
        pattern: str | None = None,
    ) -> str:
        """A text; one of `choices` if there are any, and all of it like `pattern` if there is one."""
        value = self._get(name)
        if value is None:
            if required:
                self._refuse(name, "must be set")
            return default
        allowed = list(choices)
        if allowed and value not in allowed:
            self._refuse(name, f"must be one of {', '.join(allowed)}, not {value!r}")
            return default
        if pattern is not None and not re.fullmatch(pattern, value):
            self._refuse(name, f"must look like {pattern}")
            return default
        return value

    def secret(self, name: str, *, required: bool = False, minimum_length: int = 8) -> str | None:
        """A secret, whose value no message repeats; None if it is not set."""
        value = self._get(name)
        if value is None:
            if required:
                self._refuse(name, "must be set")
            return None
        if len(value) < minimum_length:
            self._refuse(name, f"must have at least {minimum_length} characters")
            return None
        return value

    def integer(self, name: str, default: int, *, minimum: int = 0, maximum: int = 2**31 - 1) -> int:
        """A whole number from `minimum` to `maximum`."""
        value = self._get(name)
        if value is None:
            return default
        if not re.fullmatch(r"[+-]?[0-9]{1,18}", value) or not minimum <= int(value) <= maximum:
            self._refuse(name, f"must be a whole number from {minimum} to {maximum}, not {value!r}")
            return default
        return int(value)

    def number(self, name: str, default: float, *, minimum: float = 0.0, maximum: float = 1e9) -> float:
        """A number from `minimum` to `maximum`."""
        value = self._get(name)
        if value is None:
            return default
        if not re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)", value) or not minimum <= float(value) <= maximum:
            self._refuse(name, f"must be a number from {minimum:g} to {maximum:g}, not {value!r}")
            return default
        return float(value)

    def flag(self, name: str, default: bool = False) -> bool:
        """True or false, which may be written 1 or 0, yes or no, on or off."""
        value = self._get(name)
        if value is None:
            return default
        if value.lower() not in _TRUE | _FALSE:
            self._refuse(name, f"must be true or false, not {value!r}")
            return default
        return value.lower() in _TRUE

    def names(self, name: str, default: Iterable[str] = (), *, choices: Iterable[str] = ()) -> tuple[str, ...]:
        """Texts with commas between them; each one of `choices` if there are any."""
        value = self._get(name)
        if value is None:
            return tuple(default)
        found = tuple(part.strip() for part in value.split(",") if part.strip())
        allowed = list(choices)
        for part in found:
            if allowed and part not in allowed:
                self._refuse(name, f"must name {', '.join(allowed)}, not {part!r}")
        return found

    def path(self, name: str, default: str) -> Path:
        """A path; `~` is the home directory."""
        return Path(self._get(name) or default).expanduser()

    def url(
        self,
        name: str,
        default: str | None = None,
        *,
        schemes: Iterable[str] = ("http", "https"),
        required: bool = False,
    ) -> str | None:
        """An address with one of `schemes`; None if it is not set and there is no default."""
        value = self._get(name)
        if value is None:
            if required:
                self._refuse(name, "must be set")
            return default
        allowed = list(schemes)
        parts = urlsplit(value)
        if parts.scheme not in allowed or not (parts.netloc or parts.scheme in ("file", "unix")):
            # Not the value: addresses may carry a password.
            self._refuse(name, f"must be an address that begins with {' or '.join(f'{s}://' for s in allowed)}")
            return default
        return value

    def refuse_unknown(self, prefix: str) -> None:
        """Refuses variables that begin with `prefix` and were not asked for: most likely one is misspelt."""
        for name in sorted(self._values):
            if name.startswith(self._key(prefix)) and name not in self._known:
                self._refuse(name, "is not a setting of this service")

    def check(self) -> None:
        """Raises a `SettingsError` if anything was refused."""
        if self.problems:
            raise SettingsError("\n".join(self.problems))

    def refuse(self, name: str, reason: str) -> None:
        """Refuses a variable for a reason of the service's own."""
        self._refuse(name, reason)

    def _key(self, name: str) -> str:
        return name.upper() if self._ignore_case else name

    def _get(self, name: str) -> str | None:
        self._known.add(self._key(name))
        return self._values.get(self._key(name)) or None

    def _refuse(self, name: str, reason: str) -> None:
        self.problems.append(f"{name} {reason}")


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """What every service reads."""

    host: str
    """HOST: the address to listen on; 0.0.0.0 unless it is set."""
    port: int
    """PORT."""
    log_level: str
    """LOG_LEVEL: debug, info, warning or error."""
    allowed_origins: tuple[str, ...]
    """ALLOWED_ORIGINS: origins of pages that may call, or `*` for all."""
    trusted_proxies: int
    """TRUSTED_PROXIES: how many proxies stand in front; the address of the client is that many from the end of
    X-Forwarded-For. 0: the header is not believed."""
    metrics_token: str | None
    """METRICS_TOKEN: if it is set, /metrics asks for it as a bearer token."""
    max_body_bytes: int
    """MAX_BODY_MB, in bytes: larger bodies are refused with 413."""
    grace_s: int
    """GRACE_S: how long requests have to end after SIGTERM."""


def read_server_settings(
    reader: Reader, *, port: int, origins: Iterable[str] = ("*",), max_body_mb: int = 101
) -> ServerSettings:
    """Reads what every service reads; the arguments are the defaults."""
    settings = ServerSettings(
        host=reader.text("HOST", "0.0.0.0"),
        port=reader.integer("PORT", port, minimum=1, maximum=65535),
        log_level=reader.text("LOG_LEVEL", "info", choices=("debug", "info", "warning", "error")),
        allowed_origins=reader.names("ALLOWED_ORIGINS", origins),
        trusted_proxies=reader.integer("TRUSTED_PROXIES", 0, maximum=10),
        metrics_token=reader.secret("METRICS_TOKEN"),
        max_body_bytes=reader.integer("MAX_BODY_MB", max_body_mb, minimum=1, maximum=4096) * 1024 * 1024,
        grace_s=reader.integer("GRACE_S", 10, minimum=1, maximum=600),
    )
    for origin in settings.allowed_origins:
        if origin != "*" and not re.fullmatch(r"https?://[A-Za-z0-9.\-\[\]:]+", origin):
            reader.refuse("ALLOWED_ORIGINS", f"must be * or origins such as https://example.org, not {origin!r}")
    return settings
