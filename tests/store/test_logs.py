"""Windows into a log and the search in it: equal to what plain reading says, whatever the file holds."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runicorn_jupyter.errors import BadRequest, QueryTooSlow
from runicorn_jupyter.store.logs import loglines, logsearch
from runicorn_jupyter.store.logs.loglines import LogFile
from runicorn_jupyter.store.logs.logparts import LogHits
from runicorn_jupyter.store.logs.logs import LogTail
from runicorn_jupyter.store.logs.logsearch import Search, search

LOGS = st.binary(max_size=300) | st.lists(
    st.sampled_from([b"loss 0.5", b"", b"Error: x", b"\x1b[31mer\x1b[0mror", b"10%\r20%\r", "ünï".encode(), b"\xff"]),
    max_size=40,
).map(b"\n".join)


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every file large: blocks of 16 bytes."""
    monkeypatch.setattr(loglines, "BLOCK", 16)


def plain(data: bytes) -> list[str]:
    lines = data.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    return [line.decode("utf-8", "replace").rstrip("\r") for line in lines]


def write(folder: Path, data: bytes) -> Path:
    (folder / "logs.txt").write_bytes(data)
    return folder


def everything(folder: Path, wanted: Search, **options: object) -> list[LogHits]:
    """Ask until the log is searched through."""
    answers: list[LogHits] = []
    cursor = None
    with LogFile(folder) as log:
        while True:
            answers.append(search(log, wanted, cursor=cursor, **options))  # type: ignore[arg-type]
            cursor = answers[-1].cursor
            if cursor is None:
                return answers


relaxed = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@relaxed
@given(data=LOGS, counts=st.lists(st.integers(1, 9), min_size=1, max_size=30))
def test_lines_by_any_paging_are_the_lines_of_the_file(small_blocks, tmp_path, data, counts) -> None:
    with LogFile(write(tmp_path, data)) as log:
        for direction in ("forward", "backward"):
            at, seen, turn = None, [], 0
            while True:
                page = log.page(at, counts[turn % len(counts)], direction)  # type: ignore[arg-type]
                if not page.lines:
                    break
                turn += 1
                for line in page.lines:
                    assert plain(data[line.at :])[0] == line.text
                texts = [line.text for line in page.lines]
                seen = seen + texts if direction == "forward" else texts + seen
                at = page.end if direction == "forward" else page.start
                if direction == "forward" and at >= log.size:
                    break
                if direction == "backward" and at == 0:
                    break
            assert seen == plain(data), direction


@relaxed
@given(data=LOGS, at=st.integers(0, 320))
def test_a_page_at_any_byte_begins_with_the_line_that_holds_it(small_blocks, tmp_path, data, at) -> None:
    with LogFile(write(tmp_path, data)) as log:
        start = data.rfind(b"\n", 0, min(at, len(data))) + 1
        page = log.page(at, 2, "forward")
        assert page.start == start
        assert [line.text for line in page.lines] == plain(data[start:])[:2]


@relaxed
@given(data=LOGS, word=st.sampled_from(["error", "0.5", "%", "ÜN", "x", "zzz", "r"]), limit=st.integers(1, 5))
def test_a_search_finds_what_a_terminal_would_show_in_either_direction(
    small_blocks, tmp_path, data, word, limit
) -> None:
    shown = [line.rsplit("\r", 1)[-1] for line in (re.sub(r"\x1b\[[0-9;]*m", "", line) for line in plain(data))]
    if re.search(rb"\x1b(?!\[[0-9;]*m)", data):
        return  # other escapes are the business of another test
    wanted = [line for line in shown if word.casefold() in line.casefold()]
    folder = write(tmp_path, data)
    for regex in (False, True):
        for direction in ("backward", "forward"):
            asked = Search(re.escape(word) if regex else word, regex=regex)
            answers = everything(folder, asked, direction=direction, limit=limit)
            assert all(len(answer.hits) <= limit for answer in answers)
            found = [hit.text for answer in answers for hit in answer.hits]
            assert found == (wanted[::-1] if direction == "backward" else wanted)
            for answer in answers:
                for hit in answer.hits:
                    for start, end in hit.spans:
                        assert hit.text[start:end].casefold() == word.casefold()


def test_case_context_and_positions(tmp_path: Path) -> None:
    folder = write(tmp_path, b"one\ntwo Error\nthree\nfour ERROR\nfive\n")
    with LogFile(folder) as log:
        first, second = search(log, Search("error"), context=1).hits
        assert (first.at, first.text, first.spans) == (20, "four ERROR", ((5, 10),))
        assert [line.text for line in (*first.before, *first.after)] == ["three", "five"]
        assert [line.text for line in (*second.before, *second.after)] == ["one", "three"]
        assert [hit.text for hit in search(log, Search("Error", ignore_case=False)).hits] == ["two Error"]
        assert search(log, Search("nothing")) == LogHits((), None, 0, log.size)
    with LogFile(write(tmp_path, "😀 b\n".encode())) as log:
        assert search(log, Search("b")).hits[0].spans == ((3, 4),), "counted as a page counts"


def test_escapes_and_progress_bars_are_searched_as_they_look(tmp_path: Path) -> None:
    lines = b"\x1b[1;31mer\x1b[0mror\n\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\ text\n 10%|#  |\r 20%|## |\r100%|###|\n"
    with LogFile(write(tmp_path, lines)) as log:
        assert search(log, Search("error")).hits[0].text == "error"
        assert search(log, Search("link text")).hits[0].text == "link text"
        assert search(log, Search("http")).hits == ()
        assert search(log, Search("20%")).hits == ()
        assert search(log, Search("100%")).hits[0].text == "100%|###|"


def test_what_is_no_expression_or_never_ends_is_said(tmp_path: Path) -> None:
    with LogFile(write(tmp_path, b"a" * 5000 + b"b\n")) as log:
        with pytest.raises(BadRequest, match="no regular expression"):
            search(log, Search("(", regex=True))
        with pytest.raises(BadRequest, match="q is empty"):
            search(log, Search(""))
        with pytest.raises(QueryTooSlow, match="nested repetitions"):
            search(log, Search(r"(a|aa)+$", regex=True))


def test_a_slice_of_time_ends_with_a_cursor_that_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logsearch, "SLICE", 0.0)
    monkeypatch.setattr(loglines, "BLOCK", 64)
    folder = write(tmp_path, b"".join(b"line %d\n" % number for number in range(200)))
    answers = everything(folder, Search("line 17"))
    assert len(answers) > 5
    assert [hit.text for answer in answers for hit in answer.hits] == [
        *(f"line {number}" for number in range(179, 169, -1)),
        "line 17",
    ]
    progress = [answer.searched for answer in answers]
    assert progress == sorted(progress, reverse=True)
    assert progress[-1] == 0


def test_a_log_that_grew_goes_on_where_the_page_before_ended(tmp_path: Path) -> None:
    with LogFile(write(tmp_path, b"one\ntw")) as log:
        page = log.page(None, 10, "forward")
        assert [line.text for line in page.lines] == ["one", "tw"]
    with LogFile(write(tmp_path, b"one\ntwo\nthree\n")) as log:
        assert [(line.at, line.text) for line in log.page(page.end, 10, "forward").lines] == [(4, "two"), (8, "three")]


def test_a_line_without_end_comes_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loglines, "BLOCK", 16)
    monkeypatch.setattr(loglines, "LONGEST", 64)
    data = b"begin\n" + b"x" * 1000 + b"\nend\n"
    with LogFile(write(tmp_path, data)) as log:
        forward, at = b"", 0
        while at < log.size:
            page = log.page(at, 3, "forward")
            assert page.end > at
            at = page.end
            forward += "\n".join(line.text for line in page.lines).encode() + b"\n"
        assert forward.replace(b"\n", b"") == data.replace(b"\n", b"")
        back = log.page(None, 5, "backward")
        assert (back.lines[-1].text, back.end) == ("end", log.size)
        assert search(log, Search("begin")).hits[0].at == 0


def test_a_line_over_twenty_thousand_characters_is_cut_and_says_so(tmp_path: Path) -> None:
    with LogFile(write(tmp_path, b"x" * 30_000 + b"\nshort\n")) as log:
        first, second = log.page(0, 2, "forward").lines
        assert (len(first.text), first.cut, second.text, second.cut) == (20_000, True, "short", False)


def test_f15_a_link_inside_is_read_and_f13_one_out_is_not(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "a").mkdir(parents=True)
    (root / "b").mkdir()
    (root / "b" / "kept.txt").write_text("inside\n")
    (root / "a" / "logs.txt").symlink_to("../b/kept.txt")
    assert LogTail(root / "a", root).tail(5) == (["inside"], False)
    with LogFile(root / "a", root) as log:
        assert log.page(None, 5, "backward").lines[0].text == "inside"
    (tmp_path / "secret.txt").write_text("secret\n")
    for target in (tmp_path / "secret.txt", Path("../../secret.txt"), Path("/dev/zero"), Path("logs.txt")):
        (root / "a" / "logs.txt").unlink()
        (root / "a" / "logs.txt").symlink_to(target)
        assert LogTail(root / "a", root).tail(5) == ([], False)
        with pytest.raises(OSError, match=r".+"):
            LogFile(root / "a", root)


@pytest.mark.parametrize("kind", ["fifo", "folder"])
def test_f17_what_is_no_file_is_no_log(tmp_path: Path, kind: str) -> None:
    os.mkfifo(tmp_path / "logs.txt") if kind == "fifo" else (tmp_path / "logs.txt").mkdir()
    with pytest.raises(OSError, match=r".+"):
        LogFile(tmp_path, tmp_path)


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """Return a run with a log of 200 MB, its needle in the first line; the file is removed afterwards."""
    block = b"".join(b"12:00:00 | step %6d loss 0.123456 and some more words to fill it\n" % at for at in range(16_000))
    with (tmp_path / "logs.txt").open("wb") as file:
        file.write(b"the needle\n")
        while file.tell() < 200_000_000:
            file.write(block)
    yield tmp_path
    (tmp_path / "logs.txt").unlink()


def test_200_megabytes_are_searched_and_paged_in_little_memory(large: Path) -> None:
    script = f"""
        import resource
        from pathlib import Path
        from runicorn_jupyter.store.logs.loglines import LogFile
        from runicorn_jupyter.store.logs.logsearch import Search, search
        peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        folder, turns, cursor = Path({str(large)!r}), 0, None
        before = peak()
        with LogFile(folder) as log:
            log.page(log.size // 2, 200, "forward")
            log.page(None, 200, "backward")
            while True:
                found = search(log, Search("needle"), cursor=cursor)
                cursor, turns = found.cursor, turns + 1
                if cursor is None:
                    break
        print(found.hits[0].text, found.hits[0].at, turns, peak() - before)
    """
    answer = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=True
    ).stdout.split()
    assert answer[:3] == ["the", "needle", "0"]
    assert int(answer[4]) < 40_000, "kB that the search added to the largest memory of the process"


def test_a_page_reads_only_its_own_part(large: Path) -> None:
    """The work of one page does not grow with the log."""
    with LogFile(large) as log:
        read = 0
        whole = log.read

        def counted(start: int, end: int) -> bytes:
            nonlocal read
            data = whole(start, end)
            read += len(data)
            return data

        log.read = counted  # type: ignore[method-assign]
        tracemalloc.start()
        assert len(log.page(log.size // 3, 500, "forward").lines) == 500
        assert len(log.page(None, 500, "backward").lines) == 500
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert read <= 4 * loglines.BLOCK
    assert peak < 12_000_000
