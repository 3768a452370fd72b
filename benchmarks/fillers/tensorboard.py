"""TensorBoard's event files, one event a step with all its values, by tensorboardX's own writer."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.truth import Run, values


def main(folder: str, runs: int, steps: int) -> None:
    """Write one folder a run below `folder`; run by tensorboardX's interpreter."""
    from tensorboardX.event_file_writer import EventsWriter
    from tensorboardX.proto.event_pb2 import Event
    from tensorboardX.proto.summary_pb2 import Summary

    for run in map(Run, range(runs)):
        place = Path(folder) / run.id
        place.mkdir(parents=True)
        writer = EventsWriter(str(place / "events"))
        for step in range(1, steps + 1):
            found = [Summary.Value(tag=name, simple_value=value) for name, value in values(run.k, step).items()]
            writer.write_event(Event(wall_time=run.created + step, step=step, summary=Summary(value=found)))
        writer.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
