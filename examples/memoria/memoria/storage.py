"""Addresses of photos that are known by their path in Supabase Storage."""

from urllib.parse import quote

import httpx2

from .settings import Settings

_VALID_S = 300


class SigningError(Exception):
    """The storage did not sign an address."""


async def signed_url(settings: Settings, path: str) -> str | None:
    """An address of a photo that is good for five minutes; None if no storage is set."""
    if settings.supabase_url is None:
        return None
    base = settings.supabase_url.rstrip("/") + "/storage/v1"
    key = settings.supabase_service_role_key or ""
    try:
        async with httpx2.AsyncClient(timeout=10, trust_env=False) as client:
            answer = await client.post(
                f"{base}/object/sign/{settings.media_bucket}/{quote(path.lstrip('/'))}",
                json={"expiresIn": _VALID_S},
                headers={"Authorization": f"Bearer {key}", "apikey": key},
            )
        if answer.status_code != 200:
            raise SigningError(f"Supabase Storage answered {answer.status_code}")
        signed = answer.json()["signedURL"]
    except (httpx2.HTTPError, ValueError, KeyError, TypeError) as error:
        raise SigningError(f"Supabase Storage cannot be asked: {type(error).__name__}") from error
    # The storage gives it relative to its own root.
    return base + signed if signed.startswith("/") else str(signed)
