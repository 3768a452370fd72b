"""Taking out what looks like a secret, by its name or by its value, before anything of a machine is written down."""

from __future__ import annotations

import os
import re
from pathlib import Path

MASK = "***"

_NAMES = re.compile(
    r"secret|token|passw|passphrase|pwd\b|api_?key|access_?key|private_?key|auth|credential|cookie|session_?key|"
    r"signature|\bdsn\b|connection_?string|webhook|(^|_)key$|(^|_)pat$|(^|_)sas$",
    re.IGNORECASE,
)
_HARMLESS = re.compile(r"^(SSH_AUTH_SOCK|XAUTHORITY|TOKENIZERS_PARALLELISM|num_tokens|max_tokens)$", re.IGNORECASE)
_VALUES = re.compile(
    r"sk-[\w-]{16,}|gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|hf_\w{20,}|xox[abprs]-[\w-]{10,}|"
    r"AKIA[0-9A-Z]{16}|ASIA[0-9A-Z]{16}|AIza[\w-]{30,}|ya29\.[\w-]{20,}|eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*|"
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)|"
    r"(?<![\w/+.-])(?=[A-Za-z0-9+/_-]*[A-Z])(?=[A-Za-z0-9+/_-]*[a-z])(?=[A-Za-z0-9+/_-]*\d)[A-Za-z0-9+_]{32,}={0,2}(?![\w/+.-])"
)
"""Shapes of keys that well-known services give out, and long words that mix capitals, small letters and digits."""

_USERINFO = re.compile(r"(?P<scheme>\b[a-zA-Z][\w+.-]*://)[^\s/@'\"]+@")
_QUERY = re.compile(r"(?P<name>[?&][\w.-]*(?:token|key|secret|sig|password|auth)[\w.-]*=)[^&\s'\"]+", re.IGNORECASE)
_ASSIGNED = re.compile(
    r"(?P<before>(?P<name>[A-Za-z_][\w.-]*)[\"']?\]?\s*(?::\s*[\w\[\]. |]+)?\s*(?:=|:|,)\s*(?:[rbfu]{0,2}))"
    r"(?P<quote>\"\"\"|'''|[\"'])(?P<value>.+?)(?P=quote)",
    re.DOTALL,
)
_OPTION = re.compile(
    r"(?P<name>--?[\w-]*(?:token|secret|passw|api-?key|auth)[\w-]*[=\s]+)(?P<value>[^\s\"']+)", re.IGNORECASE
)


_SHORTEST = 8
"""Characters of a secret that is looked for in what a program prints: a shorter one would be found in other words."""


def is_secret_name(name: str) -> bool:
    """Tell whether something called `name` should not be written down whatever it holds."""
    return _NAMES.search(name) is not None and _HARMLESS.match(name) is None


def secret_values() -> tuple[str, ...]:
    """Return the values of the environment variables that are called like a secret, the longest first.

    Paths are none, for they only say where a secret lies. Of a text of several lines each line is one.
    """
    found = {
        line.strip()
        for name, value in os.environ.items()
        if is_secret_name(name) and not value.startswith(("/", "~", "."))
        for line in value.splitlines()
    }
    return tuple(sorted((line for line in found if len(line) >= _SHORTEST), key=lambda line: (-len(line), line)))


def masked(text: str) -> str:
    """Return `text` without what looks like a key, a password in an address, or the home folder of the user."""
    text = _USERINFO.sub(lambda found: f"{found['scheme']}{MASK}@", text)
    text = _QUERY.sub(lambda found: f"{found['name']}{MASK}", text)
    text = _VALUES.sub(MASK, text)
    return without_home(text)


def masked_source(source: str) -> str:
    """Return program text with secrets taken out: values given to secret names, and whatever looks like a key."""

    def hide(found: re.Match[str]) -> str:
        if not is_secret_name(found["name"]):
            return found[0]
        return f"{found['before']}{found['quote']}{MASK}{found['quote']}"

    source = _ASSIGNED.sub(hide, source)
    return masked(_OPTION.sub(lambda found: f"{found['name']}{MASK}", source))


def without_home(text: str) -> str:
    """Return `text` with the user's home folder written as ``~``: its name is a person's."""
    try:
        home = os.fspath(Path.home())
    except RuntimeError:
        return text
    return text.replace(home, "~") if len(home) > 1 else text
