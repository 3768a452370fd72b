"""What a user configured, in small JSON files of our own config folder; upstream's are read, never written (D22)."""

from __future__ import annotations

import contextlib
import json
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from runicorn_jupyter.errors import BadRequest, RootUnusable, SettingsUnwritable
from runicorn_jupyter.paths import JSON_LIMIT, config_folder, expand, write_atomically

CONFIG = "config.json"
PREFERENCES = "ui_preferences.json"
RATE_LIMITS = "rate_limits.json"

_WIDEST = 10_000
_ENTRIES = 500
_KEY_LIMIT = 200
_lock = threading.Lock()


def read(file: str) -> dict[str, Any]:
    """Return the JSON object in `file` of the config folder; an absent or unusable one is empty."""
    try:
        found = json.loads((config_folder() / file).read_bytes()[:JSON_LIMIT])
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def change(file: str, edit: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Let `edit` change the object in `file`, write it, and return it; two processes take turns.

    Raises
    ------
    SettingsUnwritable
        The config folder cannot be written; nothing changed.
    """
    folder = config_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _lock, _turn(folder):
            held = read(file)
            edit(held)
            write_atomically(folder / file, json.dumps(held, indent=2, ensure_ascii=False).encode(), mode=0o600)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise SettingsUnwritable(f"The settings cannot be saved: {reason}. Check the config folder.") from error
    return held


def set_root(path: str) -> Path:
    """Make the folder `path` if need be, remember it as the user's storage root (R23), and return it.

    Raises
    ------
    RootUnusable
        It is empty, relative, a drive path on a system without drives, a system folder, a file, or cannot be made or
        written.
    """
    root = expand(path)
    if not os.path.isabs(os.path.expanduser(os.path.expandvars(path))):  # noqa: PTH111, PTH117 - as `expand` does
        raise RootUnusable(f"{path!r} is relative, and to what is not said: give the whole path, or one with ~.")
    if root == Path(root.anchor) or (os.name != "nt" and root.parts[1] in _SYSTEM):
        raise RootUnusable(f"{root} belongs to the system; give a folder of your own, such as ~/runicorn_data.")
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise RootUnusable(f"Invalid path or permission error: {root} cannot be made ({reason}).") from error
    if not os.access(root, os.R_OK | os.W_OK | os.X_OK):
        raise RootUnusable(f"Invalid path or permission error: {root} cannot be written by you.")
    change(CONFIG, lambda held: held.update(user_root_dir=str(root)))
    return root


def column_widths(key: str) -> dict[str, Any]:
    """Return the widths that were saved for the table and window size `key` (X15)."""
    found = _section(read(PREFERENCES), "column_widths").get(key)
    widths = found.get("widths") if isinstance(found, dict) else None
    return widths if isinstance(widths, dict) else {}


def set_column_widths(key: str, widths: dict[str, Any] | None) -> None:
    """Save the widths of one table, pixels by column; None forgets them. The oldest of many tables are dropped.

    Raises
    ------
    BadRequest
        A width is no number of pixels from 0 to 10,000, or there are too many columns.
    """
    for name, width in (widths or {}).items():
        if isinstance(width, bool) or not isinstance(width, int | float) or not 0 <= width <= _WIDEST:
            raise BadRequest(f"widths must map columns to pixels from 0 to {_WIDEST}; {name[:40]!r} does not.")
    if len(widths or {}) > _ENTRIES or len(key) > _KEY_LIMIT:
        raise BadRequest(f"At most {_ENTRIES} columns and a table name of {_KEY_LIMIT} characters can be saved.")

    def edit(held: dict[str, Any]) -> None:
        tables = _section(held, "column_widths")
        tables.pop(key, None)
        if widths is not None:
            tables[key] = {"widths": widths}
        held["column_widths"] = dict(list(tables.items())[-_ENTRIES:])

    change(PREFERENCES, edit)


def forget_column_widths() -> None:
    """Forget the widths of every table."""
    change(PREFERENCES, lambda held: held.update(column_widths={}))


def dismissed_alerts() -> list[str]:
    """Return the hints that the user does not want to see again (X16)."""
    found = read(PREFERENCES).get("dismissed_alerts")
    return [alert for alert in found if isinstance(alert, str)] if isinstance(found, list) else []


def set_alert(alert: str, *, dismissed: bool) -> None:
    """Remember that a hint was dismissed, or show it again.

    Raises
    ------
    BadRequest
        The name of the hint is empty or too long.
    """
    if not 0 < len(alert) <= _KEY_LIMIT:
        raise BadRequest(f"alert_id must be a text of 1 to {_KEY_LIMIT} characters.")

    def edit(held: dict[str, Any]) -> None:
        kept = [known for known in dismissed_alerts() if known != alert]
        held["dismissed_alerts"] = [*kept, alert][-_ENTRIES:] if dismissed else kept

    change(PREFERENCES, edit)


def forget_alerts() -> None:
    """Show every hint again."""
    change(PREFERENCES, lambda held: held.update(dismissed_alerts=[]))


def rate_limits() -> dict[str, int]:
    """Return the rate limits that the user saved for his viewers: requests a minute by kind; unchecked words."""
    found = _section(read(RATE_LIMITS), "limits").items()
    return {kind: number for kind, number in found if isinstance(number, int) and not isinstance(number, bool)}


def set_rate_limits(limits: dict[str, int]) -> None:
    """Save the rate limits of viewers, all of them; an empty mapping forgets them.

    Raises
    ------
    SettingsUnwritable
        The config folder cannot be written.
    """
    change(RATE_LIMITS, lambda held: held.update(limits=limits))


_SYSTEM = frozenset({"bin", "boot", "dev", "etc", "lib", "lib64", "proc", "run", "sbin", "sys", "usr"})


def _section(held: dict[str, Any], name: str) -> dict[str, Any]:
    found = held.get(name)
    return found if isinstance(found, dict) else {}


@contextlib.contextmanager
def _turn(folder: Path) -> Iterator[None]:
    """Hold the folder's lock, where the system has such locks."""
    try:
        import fcntl
    except ImportError:  # Windows: the last writer wins
        yield
        return
    fd = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)
