"""The little process that waits for the exit code of a program and marks its run as failed if that is not 0.

It is started with ``python -I -S`` and imports nothing of ours; the code comes as one byte by its standard input.
"""

from __future__ import annotations

import json
import os
import sys


def main(run_dir: str, ended_at: float) -> None:
    """Read the code; rewrite status.json as `runicorn_jupyter.paths.write_atomically` does."""
    code = sys.stdin.buffer.read()
    if not code or code == b"\0":
        return
    path = os.path.join(run_dir, "status.json")  # noqa: PTH118 - pathlib takes longer than all the rest
    with open(path, encoding="utf-8") as file:  # noqa: PTH123
        status = json.load(file)
    if (status.get("status"), status.get("ended_at")) != ("finished", ended_at):
        return
    status.update(status="failed", exit_code=code[0])
    temporary = f"{path}.{os.getpid()}.tmp"
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666)
    with open(fd, "w", encoding="utf-8") as file:  # noqa: PTH123
        json.dump(status, file, indent=2, ensure_ascii=False)
        file.flush()
        os.fsync(fd)
    os.replace(temporary, path)  # noqa: PTH105


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
