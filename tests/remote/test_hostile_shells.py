"""Accounts that greet, chatter, or run nothing; and that no program is started here to reach them (S09, S12, S13)."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import asyncssh
import pytest
from fakehosts import FakeHost, Program, refuse
from fixtures_sshd import Sshd, started_sshd

from runicorn_jupyter.remote import errors, script
from runicorn_jupyter.remote.hostkeys import HostKeys
from runicorn_jupyter.remote.remotes import Remotes


@pytest.fixture
def account(tmp_path: Path) -> Iterator[object]:
    """Return how to log in where every command goes to `program`: the remotes, and the connection's id."""
    with ExitStack() as stack:

        def log_in(program: Program) -> tuple[Remotes, str]:
            host = stack.enter_context(FakeHost(program).running())
            (tmp_path / "users").write_text(f"[127.0.0.1]:{host.port} {host.key.export_public_key().decode()}\n")
            remotes = Remotes(HostKeys([tmp_path / "users"], tmp_path / "own"))
            stack.callback(remotes.close)
            made, _ = remotes.connect("127.0.0.1", "me", host.port, password="right").result(20)
            return remotes, made.key

        yield log_in


CHATTER = {
    "a greeting": "echo 'Welcome to gpu1!'; echo 'Quota: 99 %' >&2",
    "no line end": "printf 'Last login: never'",
    "escapes": r"printf '\033[2J\033]0;gpu1\007\0\0rnj:0:2\n{}'",
    "much": "head -c 100000 /dev/zero | tr '\\0' y",
    "conda": "PS1='(base) '; eval 'echo conda'; alias python3=false; unset PYTHONPATH",
    "an error": "source nowhere/profile; no-such-module load cuda",
}
LEAVES = ["exit 0", "echo This account is currently not available.; exit 1", "exec false", "kill -9 $$"]


@pytest.fixture(scope="module")
def far_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the home that the account of `noisy` has."""
    return tmp_path_factory.mktemp("far")


@pytest.fixture(scope="module")
def noisy(far_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Remotes, str]]:
    """Return remotes and their connection to a real host where bash, as login shell, reads ``~/.bashrc``."""
    folder = tmp_path_factory.mktemp("noisy")
    bash = 'ForceCommand env -u SHLVL bash -c "$SSH_ORIGINAL_COMMAND"'
    with started_sshd(folder, f"SetEnv HOME={far_home}", bash) as server:
        remotes = Remotes(HostKeys([server.known_hosts], folder / "own"))
        key = remotes.connect("127.0.0.1", server.user, server.port, private_key_path=str(server.key)).result(20)[0].key
        yield remotes, key
        remotes.close()


@pytest.mark.sshd
@pytest.mark.parametrize("noise", CHATTER.values(), ids=CHATTER)
def test_s09_a_bashrc_may_say_what_it_likes(noisy, far_home, noise) -> None:
    remotes, key = noisy
    (far_home / "was-read").unlink(missing_ok=True)
    (far_home / ".bashrc").write_text(f"{noise}\ntouch ~/was-read\n")
    assert remotes.detect(key, again=True).result(20).host.home == str(far_home)
    assert remotes.exists(key, "~").result(20)["path"] == str(far_home)
    assert (far_home / "was-read").exists()


@pytest.mark.sshd
@pytest.mark.parametrize("bashrc", LEAVES)
def test_s09_a_bashrc_that_leaves_is_no_shell(noisy, far_home, bashrc) -> None:
    remotes, key = noisy
    (far_home / ".bashrc").write_text(f"{bashrc}\n")
    with pytest.raises(errors.NoShell, match="runs no commands"):
        remotes.detect(key, again=True).result(20)


async def _nologin(process: asyncssh.SSHServerProcess) -> None:
    process.channel.exit_with_signal("KILL")


@pytest.mark.parametrize("program", [refuse, _nologin], ids=["nologin", "killed"])
def test_an_account_without_a_shell_is_told_as_that(account, program) -> None:
    remotes, key = account(program)
    with pytest.raises(errors.NoShell, match="this account"):
        remotes.folder(key, "~").result(20)


async def _no_python(process: asyncssh.SSHServerProcess) -> None:
    process.stderr.write(b"sh: 1: exec: python3: not found\n")
    process.exit(127)


def test_a_host_without_python_is_told_as_that(account) -> None:
    remotes, key = account(_no_python)
    with pytest.raises(errors.PythonMissing, match="install Python"):
        remotes.detect(key).result(20)


@pytest.mark.parametrize(("version", "code"), [((2, 7), 127), ((3, 5), 127), ((3, 6), 0)])
def test_a_python_too_old_ends_as_one_that_is_not_there(version, code) -> None:
    line = shlex.split(script.command("python"))[3]
    older = f"import sys; sys.version_info = {version}; exec(sys.argv[1])"
    done = subprocess.run([sys.executable, "-c", older, line], input=b"4\npass", check=False, capture_output=True)
    assert (done.returncode, done.stderr) == (code, b"")


SCRIPT = """
import sys
from pathlib import Path
from runicorn_jupyter.remote.hostkeys import HostKeys
from runicorn_jupyter.remote.remotes import Remotes
port, user, key, known, own = sys.argv[1:]
remotes = Remotes(HostKeys([Path(known)], Path(own)))
login = {"private_key_path": key, "use_agent": False}
made, facts = remotes.connect("127.0.0.1", user, int(port), **login, ssh_config=True).result(60)
assert facts, facts
assert remotes.detect(made.key).result(60).environments
assert remotes.roots(made.key).result(60)
assert remotes.disconnect(made.key).result(60)
remotes.close()
"""
CONFIG = "Host 127.0.0.1\n  ProxyCommand touch {0}/proxied\n  PermitLocalCommand yes\n  LocalCommand touch {0}/local\n"
LOOKS_FOR_LIBRARIES = {"ldconfig", "ldconfig.real", "gcc", "cc", "cc1", "collect2", "ld", "objdump", "as"}
"""What Python's ctypes may run when asyncssh is imported: none of it a shell."""


@pytest.mark.strace
@pytest.mark.sshd
def test_s12_s13_no_ssh_and_no_shell_is_started_here(sshd: Sshd, tmp_path, own_home) -> None:
    (own_home / ".ssh").mkdir()
    match = f'Match exec "touch {tmp_path}/matched"\n  User nobody\n'
    (own_home / ".ssh" / "config").write_text(CONFIG.format(tmp_path) + match)
    trace = tmp_path / "trace"
    program = [sys.executable, "-c", SCRIPT, str(sshd.port), sshd.user, str(sshd.key), str(sshd.known_hosts)]
    command = ["strace", "-f", "-s", "4096", "-e", "trace=execve,execveat", "-o", str(trace), *program]
    subprocess.run([*command, str(tmp_path / "own")], check=True, timeout=120)
    called = re.findall(r'execve(?:at)?\((?:AT_FDCWD, )?"([^"]*)".* = 0', trace.read_text())
    assert called[0] == sys.executable
    assert {Path(name).name for name in called[1:]} <= LOOKS_FOR_LIBRARIES
    assert not [name for name in ("proxied", "local", "matched") if (tmp_path / name).exists()]
