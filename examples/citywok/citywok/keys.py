"""API keys, in the table that CityWok has them in: only their hashes are kept.

citywok-keys create NAME     prints a new key, once
citywok-keys list            says which there are
citywok-keys revoke ID       makes one invalid
"""

import argparse
import hashlib
import os
import secrets
import sqlite3
import sys
import threading
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path

_TABLE = """
create table if not exists api_keys (
    id integer primary key autoincrement,
    key_hash text not null unique,
    name text not null,
    created_at text not null,
    last_used text,
    requests_today integer not null default 0,
    total_requests integer not null default 0,
    is_active integer not null default 1
)
"""


class ApiKeys:
    """The keys in a file; it is made with the first key."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def create(self, name: str) -> str:
        """Makes a key and gives it; it is not kept."""
        key = f"sk_live_{secrets.token_urlsafe(32)}"
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._lock, closing(self._open()) as file, file:
            file.execute(_TABLE)
            file.execute(
                "insert into api_keys (key_hash, name, created_at) values (?, ?, ?)", (_hash(key), name, _now())
            )
        return key

    def use(self, key: str) -> bool:
        """Whether a key is valid; it is noted that it was used."""
        if not self._path.exists():
            return False
        with self._lock, closing(self._open()) as file, file:
            file.execute(_TABLE)
            today = _now()
            changed = file.execute(
                "update api_keys set total_requests = total_requests + 1, "
                "requests_today = case when substr(last_used, 1, 10) = ? then requests_today + 1 else 1 end, "
                "last_used = ? where key_hash = ? and is_active = 1",
                (today[:10], today, _hash(key)),
            )
            return changed.rowcount == 1

    def revoke(self, number: int) -> bool:
        """Makes a key invalid; false if there is no such key."""
        if not self._path.exists():
            return False
        with self._lock, closing(self._open()) as file, file:
            return file.execute("update api_keys set is_active = 0 where id = ?", (number,)).rowcount == 1

    def list(self) -> list[tuple[int, str, str, str | None, int, bool]]:
        """Number, name, when it was made, when it was last used, how often, and whether it is valid."""
        if not self._path.exists():
            return []
        with self._lock, closing(self._open()) as file:
            rows = file.execute("select id, name, created_at, last_used, total_requests, is_active from api_keys")
            return [(row[0], row[1], row[2], row[3], row[4], bool(row[5])) for row in rows]

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=5)


def _hash(key: str) -> str:
    # Keys are 256 random bits: what makes guessing passwords slow is not needed.
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def main(arguments: Sequence[str] | None = None) -> int:
    """The command `citywok-keys`; the file is `api_keys.db` in DATA_DIR."""
    parser = argparse.ArgumentParser(prog="citywok-keys", description="API keys of CityWok")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("create", help="make a key and print it, once").add_argument("name")
    commands.add_parser("list", help="say which there are")
    commands.add_parser("revoke", help="make a key invalid").add_argument("id", type=int)
    given = parser.parse_args(arguments)
    keys = ApiKeys(Path(os.environ.get("DATA_DIR") or "data") / "api_keys.db")
    if given.command == "create":
        print(keys.create(given.name))
    elif given.command == "list":
        for number, name, created, used, total, active in keys.list():
            print(f"{number}\t{name}\t{created}\t{used or 'never used'}\t{total}\t{'valid' if active else 'revoked'}")
    elif not keys.revoke(given.id):
        print(f"there is no key {given.id}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
