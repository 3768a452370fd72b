"""Sent first: reads one request and writes one framed answer, so that noise of a login shell before it does no harm."""

import json
import os
import sys
from typing import Any, Callable, Dict


def answer(operations: Dict[str, Callable[..., Any]]) -> None:
    """Answer the request on standard input with what one of `operations` returns, or with its error."""
    request = json.loads(sys.stdin.buffer.readline().decode("utf-8"))
    try:
        told = {"ok": operations[request["operation"]](**request["arguments"])}
    except Exception as error:
        told = {"error": "%s: %s" % (type(error).__name__, error)}
    data = json.dumps(told).encode("ascii")
    head = "\0rnj:%s:%d\n" % (request["nonce"], len(data))
    sys.stdout.flush()
    out = head.encode("ascii") + data
    while out:
        out = out[os.write(1, out) :]
