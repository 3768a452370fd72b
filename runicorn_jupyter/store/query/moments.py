"""Points in time as a query writes them, and the seconds they stand for."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Final

from runicorn_jupyter.store.query.tree import Moment

WORDS: Final = ("now", "today")

_ISO = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d)?(Z|[+-]\d\d:\d\d)?)?",
    re.ASCII,
)


def span(moment: Moment, now: float) -> tuple[float, float]:
    """Return the first second of `moment` and the one after its last; a point in time has both the same.

    A date is the whole day, ``10:00`` the whole minute, in this machine's time zone unless one is written.

    Raises
    ------
    ValueError
        The text is no date or time.
    """
    if moment.text == "now":
        return now + moment.shift, now + moment.shift
    if moment.text == "today":
        begin = datetime.fromtimestamp(now).replace(hour=0, minute=0, second=0, microsecond=0)  # noqa: DTZ006 - local
        end = begin + timedelta(days=1)
        return _seconds(begin) + moment.shift, _seconds(end) + moment.shift
    found = _ISO.fullmatch(moment.text)
    if found is None:
        raise ValueError(moment.text)
    length = timedelta(days=1)
    if found[2]:
        length = timedelta(seconds=1) if found[3] else timedelta(minutes=1)
    begin = datetime.fromisoformat(moment.text)
    try:
        return _seconds(begin), _seconds(begin + length)
    except (OSError, OverflowError) as error:
        raise ValueError(moment.text) from error


def _seconds(moment: datetime) -> float:
    # A time without a zone is taken as local; across a change of the clocks a day is 23 or 25 hours long.
    return moment.timestamp()
