"""Fetches what users name, without letting them reach what only this machine can.

A name is resolved once, every address that it has is looked at, and the connection goes to the very one that was looked
at: a name that answers differently the second time gains nothing. Each redirect is looked at anew. Nothing is written
to disk.
"""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from urllib.parse import urljoin, urlsplit, urlunsplit

if TYPE_CHECKING:
    import httpx2

_REDIRECTS = {301, 302, 303, 307, 308}
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

Reason = Literal["refused", "timeout", "too_large", "status", "redirects", "failed"]


class DownloadError(Exception):
    """An address could not be fetched; `reason` says why in a word, `status` what the server answered if it did."""

    def __init__(self, reason: Reason, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.status = status


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was fetched."""

    data: bytes
    """Its bytes."""
    content_type: str
    """The media type that the server named; empty if it named none."""
    url: str
    """Where it came from after redirects."""


class Downloader:
    """Fetches addresses: at most `max_bytes` in `timeout_s` seconds over `max_redirects` redirects.

    Addresses of this machine and of private networks are refused unless `allow_private`. With `hosts` only these names
    are allowed, those that redirects lead to included; `*.example.org` allows names below example.org.
    """

    def __init__(
        self,
        *,
        max_bytes: int,
        timeout_s: float,
        max_redirects: int = 5,
        allow_private: bool = False,
        hosts: Iterable[str] = (),
    ) -> None:
        self._max_bytes = max_bytes
        self._timeout_s = timeout_s
        self._max_redirects = max_redirects
        self._allow_private = allow_private
        self._hosts = tuple(host.lower() for host in hosts)
        self._tls: ssl.SSLContext | None = None

    async def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> Fetched:
        """The bytes at an address. Raises a `DownloadError`."""
        # Most services never fetch anything, and start faster without it.
        import httpx2

        try:
            return await asyncio.wait_for(self._follow(url, headers or {}), self._timeout_s)
        except asyncio.TimeoutError:
            raise DownloadError("timeout", f"it took longer than {self._timeout_s:g} seconds") from None
        except httpx2.HTTPError as error:
            raise DownloadError("failed", str(error) or type(error).__name__) from error

    async def _follow(self, url: str, headers: Mapping[str, str]) -> Fetched:
        import httpx2

        # Proxies of the environment would resolve names themselves.
        if self._tls is None:
            # Kept, as reading the certificates takes tens of milliseconds.
            self._tls = httpx2.create_ssl_context(trust_env=False)
        async with httpx2.AsyncClient(trust_env=False, verify=self._tls, timeout=self._timeout_s) as client:
            for _ in range(self._max_redirects + 1):
                answer = await self._get(client, url, headers)
                if isinstance(answer, Fetched):
                    return answer
                if urlsplit(answer).netloc != urlsplit(url).netloc:
                    # What was meant for one server is not for another.
                    headers = {}
                url = answer
        raise DownloadError("redirects", f"there were more than {self._max_redirects} redirects")

    async def _get(self, client: "httpx2.AsyncClient", url: str, headers: Mapping[str, str]) -> Fetched | str:
        """What is there, or where it redirects to."""
        target = await self._target(url)
        request = client.build_request(
            "GET",
            target.url,
            # A compressed body could be much larger than what came over the wire.
            headers={**headers, "Host": target.host, "Accept-Encoding": "identity"},
            extensions={"sni_hostname": target.name},
        )
        answer = await client.send(request, stream=True)
        try:
            if answer.status_code in _REDIRECTS and "location" in answer.headers:
                return urljoin(url, answer.headers["location"])
            if answer.status_code != 200:
                raise DownloadError("status", f"the server answered {answer.status_code}", answer.status_code)
            if answer.headers.get("content-encoding", "identity") != "identity":
                raise DownloadError("failed", "the server compressed what was asked for as it is")
            return Fetched(await self._read(answer), answer.headers.get("content-type", ""), url)
        finally:
            await answer.aclose()

    async def _read(self, answer: "httpx2.Response") -> bytes:
        announced = answer.headers.get("content-length", "")
        data = bytearray()
        if not (announced.isdigit() and int(announced) > self._max_bytes):
            async for block in answer.aiter_raw():
                data += block
                if len(data) > self._max_bytes:
                    break
            else:
                return bytes(data)
        raise DownloadError("too_large", f"it is larger than {self._max_bytes} bytes")

    async def _target(self, url: str) -> "_Target":
        try:
            parts = urlsplit(url)
            port = parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError as error:
            raise DownloadError("refused", f"it is not an address: {error}") from None
        name = (parts.hostname or "").rstrip(".")
        if parts.scheme not in ("http", "https") or not name:
            raise DownloadError("refused", "only http and https addresses are fetched")
        if parts.username is not None or parts.password is not None:
            raise DownloadError("refused", "the address carries a password")
        if self._hosts and not any(_is_host(name, host) for host in self._hosts):
            raise DownloadError("refused", f"{name} is not one of the hosts that are allowed")
        address = await self._address(name, port)
        location = f"[{address}]" if ":" in address else address
        path = urlunsplit((parts.scheme, f"{location}:{port}", parts.path or "/", parts.query, ""))
        return _Target(path, parts.netloc, name)

    async def _address(self, name: str, port: int) -> str:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(name, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise DownloadError("failed", f"there is no host {name}") from None
        addresses = [str(entry[4][0]) for entry in found]
        # One private address among public ones is a trick.
        if not self._allow_private and not all(is_public(address) for address in addresses):
            raise DownloadError("refused", f"{name} is an address of a private network")
        return addresses[0]


@dataclass(frozen=True, slots=True)
class _Target:
    url: str
    host: str
    name: str


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet, also where it carries another within it."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast


def _is_host(name: str, allowed: str) -> bool:
    name = name.lower()
    return name.endswith(allowed[1:]) if allowed.startswith("*.") else name == allowed
