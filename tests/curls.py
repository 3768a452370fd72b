"""Command lines of curl, as documents show them, done without curl."""

from __future__ import annotations

import shlex
import urllib.error
import urllib.request
from itertools import pairwise
from typing import NamedTuple


class Told(NamedTuple):
    """What was answered, and whether the command sent a body."""

    status: int
    body: bytes
    sent: bool


def curl(command: str) -> Told:
    """Do what a command says; it may be split over lines."""
    words = shlex.split(command.replace("\\\n", " "))[1:]
    request = urllib.request.Request(next(word for word in words if word.startswith("http")))
    for option, value in pairwise(words):
        if option == "-X":
            request.method = value
        elif option == "-H":
            request.add_header(*value.split(": "))
        elif option == "-d":
            request.data = value.encode()
    try:
        with urllib.request.urlopen(request, timeout=90) as answer:
            return Told(answer.status, answer.read(), request.data is not None)
    except urllib.error.HTTPError as error:
        return Told(error.code, error.read(), request.data is not None)
