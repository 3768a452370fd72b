"""`runicorn rate-limit`: how many requests a minute a viewer takes, by kind; saved for the viewers started later."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from runicorn_jupyter import settings
from runicorn_jupyter.cli.output import say, say_json, table
from runicorn_jupyter.cli.parser import count
from runicorn_jupyter.errors import BadRequest

_FAILED = 1
_WINDOW = 60
_WITHOUT_MEANING = ("burst", "description", "log_violations", "whitelist_localhost")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the documented options."""
    add = parser.add_argument
    add("--action", choices=tuple(_ACTIONS), default="show", help="what to do (default: show)")
    add("--endpoint", metavar="KIND", help="standard, v2, delete or connect, or an address such as /api/remote/connect")
    add("--max-requests", type=count, metavar="N", help="with set: requests a minute; 0 is no limit")
    add("--window", type=count, default=_WINDOW, metavar="SECONDS", help="60; limits are per minute here")
    add("--enable", action="store_true", help="with settings: the limits of the reference documents")
    add("--disable", action="store_true", help="with settings: no limits at all")
    add("--burst", help="accepted; a limit here is a sliding window without bursts")
    add("--description", help="accepted; not kept")
    add("--log-violations", action=argparse.BooleanOptionalAction, help="accepted; refusals are answered, not logged")
    add("--whitelist-localhost", action=argparse.BooleanOptionalAction, help="accepted; every client counts by itself")
    add("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Do the action; return 1 when what is saved cannot be used."""
    given = [name for name in _WITHOUT_MEANING if getattr(options, name) is not None]
    if given:
        words = ", ".join(f"--{name.replace('_', '-')}" for name in given)
        sys.stderr.write(f"runicorn: {words} changes nothing here.\n")
    return _ACTIONS[options.action](options)


def _show(options: argparse.Namespace) -> int:
    saved, now = settings.rate_limits(), _checked(settings.rate_limits())
    kinds = [_kind(options)] if options.endpoint else list(now)
    if options.json:
        say_json(
            [{"kind": kind, "max_requests": now[kind], "window": _WINDOW, "saved": kind in saved} for kind in kinds]
        )
        return 0
    rows = [(kind, str(now[kind] or "no limit"), "saved" if kind in saved else "default") for kind in kinds]
    say(table([("KIND", "REQUESTS A MINUTE", "FROM"), *rows]))
    return 0


def _get(options: argparse.Namespace) -> int:
    _kind(options)
    return _show(options)


def _set(options: argparse.Namespace) -> int:
    kind = _kind(options)
    if options.max_requests is None or options.window != _WINDOW:
        raise BadRequest("set takes --endpoint KIND and --max-requests N, and a limit is about 60 seconds.")
    return _save(options, {**settings.rate_limits(), kind: options.max_requests})


def _remove(options: argparse.Namespace) -> int:
    kind = _kind(options)
    return _save(options, {known: number for known, number in settings.rate_limits().items() if known != kind})


def _settings(options: argparse.Namespace) -> int:
    from runicorn_jupyter.viewer import RATE_PRESETS

    if options.enable and options.disable:
        raise BadRequest("--enable and --disable cannot both be meant.")
    if options.enable:
        return _save(options, dict(RATE_PRESETS["documented"]))
    if options.disable:
        return _save(options, dict.fromkeys(RATE_PRESETS["default"], 0))
    return _show(options)


def _reset(options: argparse.Namespace) -> int:
    return _save(options, {})


def _validate(options: argparse.Namespace) -> int:
    try:
        _checked(settings.rate_limits())
    except BadRequest as error:
        sys.stderr.write(f"runicorn: {error} `runicorn rate-limit --action reset` forgets what is saved.\n")
        return _FAILED
    if options.json:
        say_json({"valid": True})
    else:
        say("What is saved can be used.")
    return 0


def _save(options: argparse.Namespace, limits: dict[str, int]) -> int:
    _checked(limits)
    settings.set_rate_limits(limits)
    code = _show(argparse.Namespace(endpoint=None, json=options.json))
    if not options.json:
        say("Viewers started from now on keep to this; --rate-limit of `runicorn viewer` outranks it.")
    return code


def _checked(limits: dict[str, int]) -> dict[str, int]:
    from runicorn_jupyter.viewer import checked_rate_limits

    return checked_rate_limits(limits)


def _kind(options: argparse.Namespace) -> str:
    """Return the kind of limit that ``--endpoint`` names, itself or by one of its addresses."""
    word: str = options.endpoint or ""
    if not word:
        raise BadRequest("Which limit? Give --endpoint standard, v2, delete or connect.")
    if not word.startswith("/"):
        _checked({word: 0})
        return word
    kind = _kind_of(word.removeprefix("/api"))
    sys.stderr.write(f"runicorn: {word} counts as {kind}, and so do others.\n")
    return kind


def _kind_of(path: str) -> str:
    if "delete" in path:
        return "delete"
    if path == "/remote/connect":
        return "connect"
    return "v2" if path.startswith("/v2/") else "standard"


_ACTIONS: dict[str, Callable[[argparse.Namespace], int]] = {
    "show": _show,
    "list": _show,
    "get": _get,
    "set": _set,
    "remove": _remove,
    "settings": _settings,
    "reset": _reset,
    "validate": _validate,
}
