"""One training process of the live row: ``live_writer.py STYLE ROOT NUMBER``, ten calls a second until it is ended."""

from __future__ import annotations

import sys
import time

import runicorn


def main(style: str, root: str, number: int) -> None:
    """Log the time of the call itself as a metric, so that whoever reads it knows how late it is."""
    if style == "path":
        run = runicorn.init(path=f"live{number % 4}/writer", storage=root)
    else:
        run = runicorn.init(project=f"live{number % 4}", name="writer", storage=root, capture_env=False)
    print("run", run.id, flush=True)
    step, due = 0, time.time()
    while True:
        step += 1
        run.log({"loss": time.time(), "acc": step * 0.1, "lr": 0.1, "grad_norm": 1.0}, step=step)
        due += 0.1
        time.sleep(max(due - time.time(), 0))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
