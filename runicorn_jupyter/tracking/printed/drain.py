"""The little process that passes on what a program prints and keeps a copy of it in logs.txt.

It is a process, not a thread: a library that prints while it holds the interpreter's lock could otherwise wait for
ever for its own output to be read; and what a program says while it crashes is still passed on and kept. It is started
with ``python -I -S`` and imports nothing of ours. Texts that must not be kept come by its standard input, where no
other user of the machine can read them.
"""

from __future__ import annotations

import os
import re
import sys
import threading
import time

LINE_LIMIT = 65_536
_CURSOR = re.compile(r"\x1b\[\d*[A-HJK]")
_LOST = 3
MASK = "***"


class Lines:
    """Makes log lines of the pieces that one stream is printed in.

    Parameters
    ----------
    mode : str
        What becomes of a line that is drawn again and again with a carriage return: ``smart`` keeps its last state,
        ``all`` every state, ``none`` nothing of it.
    """

    def __init__(self, mode: str) -> None:
        self._mode = mode
        self._rest = ""

    def feed(self, text: str) -> list[str]:
        """Return the lines that are complete with `text`."""
        *whole, self._rest = (self._rest + text).split("\n")
        lines = [line for each in whole for line in self._states(each)]
        if len(self._rest) > LINE_LIMIT:
            if "\r" in self._rest and self._mode != "all":
                self._rest = self._rest[self._rest.rindex("\r") :][-LINE_LIMIT:]
            else:
                lines += self._states(self._rest)
                self._rest = ""
        return lines

    def end(self) -> list[str]:
        """Return what is left when the stream has ended."""
        rest, self._rest = self._rest, ""
        return self._states(rest) if rest.strip("\r") else []

    def _states(self, line: str) -> list[str]:
        states = [state for state in _CURSOR.sub("", line).removesuffix("\r").split("\r") if state.strip()]
        if len(states) <= 1 and "\r" not in line.removesuffix("\r"):
            return states or [""]
        if self._mode == "all":
            return states
        return states[-1:] if self._mode == "smart" else []


def stamped(lines: list[str], hidden: tuple[str, ...] = ()) -> bytes:
    """Return log lines as they stand in logs.txt, each with the local time of day, `hidden` texts masked."""
    clock = time.strftime("[%H:%M:%S] ")
    block = "".join(f"{clock}{line}\n" for line in lines)
    for secret in hidden:
        if secret in block:
            block = block.replace(secret, MASK)
    return block.encode("utf-8", "replace")


def pump(source: int, target: int, log: int, mode: str, hidden: tuple[str, ...], lost: list[int]) -> None:
    """Pass on everything from one descriptor to another until it ends, and append its lines to `log`."""
    import codecs

    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    lines = Lines(mode)
    while True:
        try:
            data = os.read(source, 65_536)
        except OSError:  # a terminal whose other end was closed
            data = b""
        found = (
            lines.feed(decoder.decode(data)) if data else [*lines.feed(decoder.decode(b"", final=True)), *lines.end()]
        )
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(target, view) :]
        except OSError:
            pass  # nobody reads it any more
        try:
            if found:
                block = stamped(found, hidden)
                lost[0] |= os.write(log, block) != len(block)
        except OSError:
            lost[0] = 1
        if not data:
            return


def main(words: list[str]) -> int:
    """Run with ``LOG MODE SOURCE:TARGET …``; the exit code says whether a line could not be kept."""
    hidden = tuple(filter(None, sys.stdin.buffer.read().decode("utf-8", "surrogateescape").split("\0")))
    log = os.open(words[0], os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)
    lost = [0]
    threads = []
    for pair in words[2:]:
        source, target = map(int, pair.split(":"))
        thread = threading.Thread(target=pump, args=(source, target, log, words[1], hidden, lost))
        thread.start()
        threads.append(thread)
    for thread in threads:
        thread.join()
    return _LOST if lost[0] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
