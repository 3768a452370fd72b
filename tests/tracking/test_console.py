"""What a program prints is kept, and printing works as before: scripts, C libraries, subprocesses, bars, kernels."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys

import pytest
from jupyter_client.manager import start_new_kernel

from runicorn_jupyter.tracking.printed.drain import Lines
from tracking.runfiles import document, only_run

START = (
    "import os, sys\nimport runicorn as rn\nrun = rn.init('p', 'n', capture_console=True, capture_env=False{more})\n"
)


def begin(more: str = "") -> str:
    return START.format(more=f", {more}" if more else "")


def logged(root) -> list[str]:
    text = (only_run(root) / "logs.txt").read_text()
    lines = text.splitlines()
    assert all(re.match(r"\[\d\d:\d\d:\d\d\] |\d\d:\d\d:\d\d \| ", line) for line in lines), text
    return [line[11:] for line in lines if not line[11:].startswith("runicorn:")]


def test_python_c_and_subprocess_output_reach_both_the_terminal_and_the_log(root, script):
    source = begin() + (
        "import ctypes, subprocess\n"
        "print('from python')\n"
        "sys.stdout.flush()\n"
        "libc = ctypes.CDLL(None); libc.puts(b'from c'); libc.fflush(None)\n"
        "subprocess.run([sys.executable, '-c', 'print(\"from a child\")'])\n"
        "os.write(2, b'to stderr\\n')\n"
        "run.log_text('by hand')\n"
        "run.finish()\n"
        "print('after')\n"
    )
    done = script(source)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[1:] == ["from python", "from c", "from a child", "after"]
    assert done.stderr == "to stderr\n"
    assert sorted(logged(root)) == sorted(["from python", "from c", "from a child", "to stderr", "by hand"])


@pytest.mark.parametrize(
    ("ending", "status", "last"),
    [
        ("", "finished", "printed"),
        ("1/0", "failed", "ZeroDivisionError: division by zero"),
        ("sys.exit('bye')", "failed", "printed"),
        ("os.kill(os.getpid(), 15)", "interrupted", "printed"),
    ],
)
def test_however_the_script_ends_nothing_is_lost_and_its_code_stays(root, script, ending, status, last):
    done = script(begin() + "print('printed')\n" + ending)
    plain = script("import os, sys\n" + ending)
    assert done.returncode == plain.returncode
    assert "printed" in done.stdout
    assert document(only_run(root), "status")["status"] == status
    assert "printed" in logged(root)
    if last.startswith("Zero"):
        assert last in done.stderr


def test_the_last_words_of_a_crash_are_passed_on_and_kept(root, script):
    source = begin() + "import faulthandler; faulthandler.enable(); print('before', flush=True); os.abort()"
    done = script(source)
    assert done.returncode == -signal.SIGABRT
    assert "Fatal Python error: Aborted" in done.stderr
    until_kept(root, "Fatal Python error: Aborted")


SECRETS = {
    "DEMO_API_KEY": "k-12345678",
    "DEMO_PASSWORD": "correct horse",
    "DEMO_TOKEN": "short",
    "DEMO_PRIVATE_KEY": "-----BEGIN X-----\nMIIEpAIBAAKCAQEA\n-----END X-----",
    "DEMO_CREDENTIALS": "/etc/demo/where.json",
    "DEMO_MODE": "not-a-secret",
}
SAID = (
    "print('key k-12345678, twice: k-12345678'); print(os.environ['DEMO_PRIVATE_KEY']);"
    "print('correct horse battery'); print('short stop, not-a-secret, /etc/demo/where.json')"
)
KEPT = ["key ***, twice: ***", "***", "***", "***", "*** battery", "short stop, not-a-secret, /etc/demo/where.json"]


def test_values_of_secret_variables_are_masked_in_the_log_and_shown_on_the_screen(root, script):
    done = script(begin() + SAID, **SECRETS)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[1] == "key k-12345678, twice: k-12345678"
    assert logged(root) == KEPT


def test_a_stream_of_python_is_masked_too(root, script):
    source = "import io, sys; sys.stdout = io.TextIOWrapper(io.BytesIO(), line_buffering=True)\n" + begin() + SAID
    done = script(source.replace("io.TextIOWrapper", "type('Own', (io.TextIOWrapper,), {})"), **SECRETS)
    assert done.returncode == 0, done.stderr
    assert logged(root) == KEPT


def test_no_command_line_shows_a_secret(root, script):
    source = begin() + (
        "import contextlib\n"
        "from pathlib import Path\n"
        "seen = b''\n"
        "for path in Path('/proc').glob('[0-9]*/cmdline'):\n"
        "    with contextlib.suppress(OSError):\n"
        "        seen += path.read_bytes() if path.parent.name != str(os.getpid()) else b''\n"
        "assert b'drain.py' in seen and b'k-12345678' not in seen\n"
    )
    done = script(source, **SECRETS)
    assert done.returncode == 0, done.stderr


def until_kept(root, words: str) -> None:
    import time

    deadline = time.monotonic() + 20
    while words not in " ".join(logged(root)):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_library_that_prints_megabytes_while_it_holds_the_interpreter_does_not_hang(root, script):
    source = begin() + (
        "import ctypes\n"
        "libc = ctypes.PyDLL(None)\n"  # PyDLL keeps the interpreter's lock during the call
        "libc.write(1, b'x' * 99 + b'\\n', 100)\n"
        "block = (b'y' * 99 + b'\\n') * 40_000\n"
        "written = 0\n"
        "while written < len(block): written += libc.write(1, block[written:], len(block) - written)\n"
    )
    done = script(source)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("y" * 99) == 40_000
    assert logged(root).count("y" * 99) == 40_000


def test_if_the_little_process_is_killed_printing_goes_on(root, script):
    source = begin() + (
        "import signal, time\n"
        "from runicorn_jupyter.tracking.writing.keeper import keeper\n"
        "console = next(kept for kept in keeper._kept if hasattr(kept, '_drain'))\n"
        "console._drain.kill()\n"
        "deadline = time.monotonic() + 20\n"
        "while console._saved and time.monotonic() < deadline: time.sleep(0.02)\n"
        "print('still here')\n"
    )
    done = script(source)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("still here\n")


def test_a_terminal_stays_a_terminal_with_its_size(root):
    source = begin() + (
        "print(sys.stdout.isatty(), sys.stderr.isatty(), os.get_terminal_size(1).columns)\n"
        "rn.finish(); print(sys.stdout.isatty())\n"
    )
    master, slave = pty.openpty()
    import fcntl
    import struct
    import termios

    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 77, 0, 0))
    environment = {**os.environ, "RUNICORN_DIR": str(root)}
    with subprocess.Popen([sys.executable, "-c", source], env=environment, stdout=slave, stderr=slave) as child:
        os.close(slave)
        seen = b""
        while select.select([master], [], [], 30)[0]:
            try:
                data = os.read(master, 65_536)
            except OSError:
                break
            seen += data
        assert child.wait(30) == 0
    os.close(master)
    assert [line.strip() for line in seen.decode().splitlines()][1:] == ["True True 77", "True"]
    assert logged(root) == ["True True 77"]


@pytest.mark.parametrize(
    ("mode", "kept"),
    [("smart", ["a", " 3/3", "b"]), ("all", ["a", " 1/3", " 2/3", " 3/3", "b"]), ("none", ["a", "b"])],
)
def test_a_progress_bar_is_kept_as_asked(mode, kept):
    lines = Lines(mode)
    text = "a\n\r 1/3\r 2/3\x1b[K\r 3/3\nb\n"
    assert lines.feed(text) == kept
    pieces = Lines(mode)
    assert [line for letter in text for line in pieces.feed(letter)] + pieces.end() == kept


def test_a_real_tqdm_bar_is_one_line_of_the_log(root, script):
    source = begin() + (
        "from tqdm import tqdm\nfor i in tqdm(range(300), desc='train', mininterval=0): pass\nprint('done')\n"
    )
    done = script(source)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("train") > 10
    found = logged(root)
    assert [line for line in found if line.startswith("train: 100%")] != []
    assert sum("train" in line for line in found) == 1


def test_an_endless_line_takes_bounded_memory():
    lines = Lines("smart")
    found = lines.feed("x" * 1_000_000)
    assert len(lines._rest) <= 65_536
    assert sum(map(len, found)) + len(lines._rest) == 1_000_000
    bar = Lines("smart")
    for _ in range(10_000):
        bar.feed("\r" + "=" * 80)
    assert len(bar._rest) <= 65_536 + 81


def test_a_second_run_has_its_own_log_and_a_third_without_capture_has_none(root, script):
    source = begin() + "print('first')\nrn.init('q', 'n', capture_console=True, capture_env=False)\nprint('second')\n"
    source += "rn.init('r', 'n', capture_env=False)\nprint('third')\n"
    done = script(source)
    assert done.returncode == 0, done.stderr
    texts = {}
    for project in "pqr":
        (run_dir,) = root.glob(f"{project}/n/runs/*")
        path = run_dir / "logs.txt"
        texts[project] = path.read_text() if path.exists() else ""
    assert [("first" in texts[p], "second" in texts[p], "third" in texts[p]) for p in "pqr"] == [
        (True, False, False),
        (False, True, False),
        (False, False, False),
    ]


def test_a_disk_that_cannot_take_the_log_holds_no_print_up(root, script):
    source = begin() + "print('x' * 10)\nrn.finish()\n"
    # The log is opened by its path, so that a device that is always full stands for the disk.
    source = source.replace("rn.init(", "rn.init_full(").replace(
        "import runicorn as rn\n",
        "import runicorn as rn\n"
        "from runicorn_jupyter.tracking.printed import console\n"
        "def init_full(*words, **more):\n"
        "    real = console.Console.__init__\n"
        "    from pathlib import Path\n"
        "    console.Console.__init__ = lambda self, log, *rest: real(self, Path('/dev/full'), *rest)\n"
        "    return rn.init(*words, **more)\n"
        "rn.init_full = init_full\n",
    )
    done = script(source)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("x" * 10 + "\n")
    assert done.stderr.count("could not be kept") == 1
    assert document(only_run(root), "status")["sdk_faults"] == {"console": 1}


def test_a_kernel_is_captured_where_it_hands_its_output_to_the_page(root, until):
    # ipykernel does not look at descriptors when it sees pytest.
    environment = {key: value for key, value in os.environ.items() if key != "PYTEST_CURRENT_TEST"}
    manager, client = start_new_kernel(env={**environment, "RUNICORN_DIR": str(root)})
    shown: list[str] = []

    def hook(message) -> None:
        if message["msg_type"] == "stream":
            shown.append(message["content"]["text"])

    def run(code: str) -> None:
        reply = client.execute_interactive(code, timeout=60, output_hook=hook)
        assert reply["content"]["status"] == "ok", reply["content"]

    try:
        run(begin())
        run("print('from a cell')\nprint('to stderr', file=sys.stderr)\nos.write(1, b'by descriptor\\n');")
        until(lambda: "by descriptor" in "".join(shown))
        run("rn.finish()\nprint('after')")
        until(lambda: "after" in "".join(shown))
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    assert "from a cell" in "".join(shown)
    assert sorted(logged(root)) == ["by descriptor", "from a cell", "to stderr"]


def test_ctrl_c_is_for_the_program_and_its_last_words_are_kept(root):
    source = begin() + (
        "import time\n"
        "try:\n"
        "    print('ready', flush=True)\n"
        "    while True: time.sleep(0.05)\n"
        "except KeyboardInterrupt:\n"
        "    print('caught'); print('gone', file=sys.stderr); raise\n"
    )
    environment = {**os.environ, "RUNICORN_DIR": str(root)}
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-c", source], env=environment, stdout=pipe, stderr=pipe, text=True, start_new_session=True
    ) as child:
        while "ready" not in child.stdout.readline():
            pass
        os.killpg(child.pid, signal.SIGINT)
        out, err = child.communicate(timeout=30)
    assert out == "caught\n"
    assert err.startswith("gone\n")
    assert document(only_run(root), "status")["status"] == "interrupted"
    assert {"caught", "gone"} <= set(logged(root))
