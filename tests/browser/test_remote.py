"""J5a: another host's runs, by way of a real sshd and a real viewer there, on the page and in JupyterLab."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from browser_parts import make_dark
from farviewers import FarHost, eventually, started_host
from fixtures_sshd import Sshd
from playwright.sync_api import Locator, Page, expect
from rundirs import append, write_run
from viewers import running_viewer

pytestmark = pytest.mark.sshd

READY = "() => window.jupyterapp?.shell && document.querySelector('#jp-main-dock-panel')"
FOCUS_LEFT = """() => {
  const element = document.querySelector('.runicorn-host').shadowRoot.activeElement;
  return Boolean(element) && !element.closest('dialog');
}"""
RUN = "20270101_120000_aaaaaa"


@dataclass
class Server:
    """A GPU server with one run that goes on, and the home of the user who sits elsewhere and has its key."""

    host: FarHost
    root: Path
    run: Path
    home: Path

    def environment(self) -> dict[str, str]:
        """Return what the program at hand is started with: a home whose ssh configuration names the server."""
        return {"HOME": str(self.home)}


@pytest.fixture
def gpu(tmp_path: Path) -> Iterator[Server]:
    folder = tmp_path / "sshd"
    folder.mkdir()
    with started_host(folder, "Subsystem sftp internal-sftp") as host:
        root = host.home / "runs"
        run = write_run(root, RUN, project="digits", name="far-run", status="running", points=20)
        (run / "heartbeat").write_text("{}")
        home = tmp_path / "home"
        (home / ".ssh").mkdir(parents=True, mode=0o700)
        (home / ".ssh" / "config").write_text(entry("gpu1", host.sshd) + entry("bastion", host.sshd))
        yield Server(host, root, run, home)


def entry(name: str, sshd: Sshd, key: Path | None = None) -> str:
    return (
        f"Host {name}\n  HostName 127.0.0.1\n  Port {sshd.port}\n  User {sshd.user}\n"
        f"  IdentityFile {key or sshd.key}\n  IdentitiesOnly yes\n\n"
    )


def keygen(file: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file], check=True)


def pick(panel: Locator | Page, name: str) -> None:
    """Choose a host of the ssh configuration."""
    panel.locator("[name=add-host]").click()
    panel.locator(f"[data-host={name}]").click()


def accept_key(panel: Locator | Page, host: FarHost) -> None:
    """Compare the fingerprint with the host's own, and accept it."""
    dialog = panel.get_by_role("dialog")
    expect(dialog).to_contain_text("ssh-ed25519")
    assert dialog.locator("[name=no]").evaluate("element => element.matches(':focus')")
    shown = dialog.locator(".rn-finger code").inner_text()
    assert shown.replace("\n", "").replace(" ", "") == fingerprint(host.sshd)
    dialog.locator("[name=yes]").click()


def fingerprint(sshd: Sshd) -> str:
    told = subprocess.run(
        ["ssh-keygen", "-lf", sshd.known_hosts.parent / "host.pub"], check=True, capture_output=True, text=True
    ).stdout
    return told.split()[1]


def tall(row: Locator) -> float:
    box = row.bounding_box()
    assert box is not None
    return box["height"]


def start_viewer(panel: Locator | Page, server: Server) -> None:
    """Choose the folder and the Python, and have the runs shown."""
    panel.get_by_label("Another folder…").check()
    path = panel.get_by_label("Path on the host")
    expect(path).to_have_value(str(server.host.home))
    panel.locator(".rn-folder").filter(has_text="runs").click()
    expect(path).to_have_value(str(server.root))
    panel.locator("[data-environment=ours] input").check()
    panel.locator("[name=start]").click()


def check_missing_folder(page: Page, server: Server) -> None:
    """See that a folder that is not there stays as it was typed, with a sentence of ours, also after a start."""
    page.get_by_label("Another folder…").check()
    path = page.get_by_label("Path on the host")
    expect(path).to_have_value(str(server.host.home))
    missing = f"There is no folder {server.host.home}/no-such on the host"
    path.fill("~/no-such")
    path.press("Enter")
    problem = page.get_by_role("alert")
    expect(problem).to_have_text(f"{missing}.")
    expect(path).to_have_value("~/no-such")
    page.locator("[data-environment=ours] input").check()
    page.locator("[name=start]").click()
    expect(problem.filter(has_text="log a run there first")).to_be_visible()
    expect(path).to_have_value("~/no-such")
    expect(page.locator("[data-environment=ours] input")).to_be_checked()
    path.fill("")
    path.press("Enter")
    expect(path).to_have_value(str(server.host.home))


def show_runs(panel: Locator | Page, server: Server) -> Locator:
    """Start the viewer there and wait until it runs; return its row."""
    start_viewer(panel, server)
    row = panel.locator("[data-session]")
    expect(row).to_have_attribute("data-state", "running")
    return row


def show_page(page: Page, server: Server) -> None:
    """Start the viewer there, and wait for the page of its runs."""
    start_viewer(page, server)
    expect(page.locator(".rn-far-head")).to_contain_text(str(server.root))


def test_j5a_on_the_page(gpu, tmp_path, page, shot):
    here = tmp_path / "here"
    here.mkdir()
    page.emulate_media(color_scheme="light")
    with running_viewer(here, env=gpu.environment()) as viewer:
        page.goto(f"http://127.0.0.1:{viewer.port}{viewer.login}")
        page.get_by_title("Remote hosts").click()
        expect(page.get_by_text("See the runs of a GPU server here")).to_be_visible()
        shot("remote-empty-light")
        pick(page, "gpu1")
        dialog = page.get_by_role("dialog")
        expect(dialog).to_be_visible()
        shot("remote-key-light")
        for _ in range(5):
            page.keyboard.press("Tab")
            assert not page.evaluate(FOCUS_LEFT)
        page.keyboard.press("Escape")
        expect(page.get_by_label("Host", exact=True)).to_have_value("gpu1")
        assert gpu.host.viewers() == []
        page.keyboard.press("Enter")
        accept_key(page, gpu.host)
        expect(page.get_by_label("Another folder…")).to_be_visible()
        shot("remote-place-light")
        check_missing_folder(page, gpu)
        shot("remote-no-folder-light")
        show_page(page, gpu)
        page.get_by_title("Back to this machine").click()
        row = page.locator("[data-session]")
        expect(row).to_have_attribute("data-state", "running")
        shot("remote-running-light")
        row.get_by_role("link", name="Open").click()
        expect(page.locator(".rn-far-head")).to_contain_text(str(gpu.root))
        page.locator(f"[data-run='{RUN}']").first.click()
        expect(page.locator("figure[data-metric=loss] canvas").first).to_be_visible()
        append(gpu.run, {"loss": 0.125, "global_step": 21})
        expect(page.locator("figure[data-metric=loss] .rn-chart-value")).to_have_text("0.125")
        shot("remote-run-light")

        page.go_back()
        page.get_by_title("Back to this machine").click()
        row = page.locator("[data-session]")
        height = tall(row)
        row.locator("[name=log]").click()
        expect(row.get_by_role("log")).to_contain_text("Listening on")
        gpu.host.leave()
        expect(row).to_have_attribute("data-state", "reconnecting")
        expect(row).to_contain_text("Stale since")
        expect(row.get_by_text("Stale since")).to_have_count(1)
        shot("remote-cut-light")
        page.emulate_media(color_scheme="dark")
        shot("remote-cut-dark")
        row.locator("[name=log]").click()
        assert tall(row) == height, "a row does not grow or shrink with its state"
        viewers = gpu.host.viewers()
        gpu.host.come_back()
        expect(row).to_have_attribute("data-state", "running")
        assert gpu.host.viewers() == viewers, "a cut shorter than the lease keeps the process"
        row.locator("[name=stop]").click()
        expect(row).to_have_count(0)
        eventually(lambda: not gpu.host.viewers())
        login = page.locator("[data-connection]")
        expect(login).to_contain_text("gpu1")
        shot("remote-stopped-dark")
        login.locator("[name=look]").click()
        show_page(page, gpu)
        page.get_by_title("Back to this machine").click()
        row = page.locator("[data-session]")
        row.locator("[name=disconnect]").click()
        expect(page.get_by_text("See the runs of a GPU server here")).to_be_visible()
        eventually(lambda: not gpu.host.viewers())


def test_j5a_in_the_lab(gpu, tmp_path, jupyter, monkeypatch, page, shot):
    monkeypatch.setenv("HOME", str(gpu.home))
    write_run(tmp_path / "work" / "runs", "20270101_110000_cccccc", project="here", name="own")
    with jupyter() as server:
        page.goto(server.url("lab"))
        page.wait_for_function(READY)
        page.locator(".jp-SideBar [data-id='runicorn-explorer']").click()
        sidebar = page.locator("#runicorn-explorer")
        sidebar.get_by_role("button", name="Remote hosts").click()
        expect(sidebar.get_by_text("See the runs of a GPU server here")).to_be_visible()
        shot("lab-remote-empty")
        pick(sidebar, "gpu1")
        expect(sidebar.get_by_role("dialog")).to_be_visible()
        shot("lab-remote-key")
        accept_key(sidebar, gpu.host)
        expect(sidebar.get_by_label("Another folder…")).to_be_visible()
        shot("lab-remote-place")
        row = show_runs(sidebar, gpu)
        shot("lab-remote-running")
        area = page.locator("#jp-main-dock-panel .jp-MainAreaWidget:not(.lm-mod-hidden)")
        expect(area.locator(".rn-far-head")).to_contain_text("gpu1")
        area.locator("aside [data-run]").click()
        expect(area.locator("figure[data-metric=loss] canvas").first).to_be_visible()
        append(gpu.run, {"loss": 0.125, "global_step": 21})
        expect(area.locator("figure[data-metric=loss] .rn-chart-value")).to_have_text("0.125")
        shot("lab-remote-run")
        gpu.host.leave()
        expect(area.locator(".rn-far-head")).to_contain_text("reconnecting")
        expect(row).to_have_attribute("data-state", "reconnecting")
        make_dark(page)
        shot("lab-remote-cut-dark")
        gpu.host.come_back()
        expect(row).to_have_attribute("data-state", "running")
        append(gpu.run, {"loss": 0.0625, "global_step": 22})
        expect(area.locator("figure[data-metric=loss] .rn-chart-value")).to_have_text("0.0625")

        page.reload()
        page.wait_for_function(READY)
        area.locator("aside [data-run]").click()
        expect(area.locator("figure[data-metric=loss] .rn-chart-value")).to_have_text("0.0625")
        page.locator(".jp-SideBar [data-id='jp-running-sessions']").click()
        item = page.locator("#jp-running-sessions [data-context^=gpu1]")
        expect(item).to_contain_text("running")
        shot("lab-remote-in-running-panel")
        item.hover()
        item.get_by_title("Stop").click()
        expect(item).to_have_count(0)
        expect(area.locator(".rn-far-head")).to_contain_text("stopped")
        eventually(lambda: not gpu.host.viewers())


def test_a_login_that_is_refused_and_a_key_that_changed(gpu, tmp_path, page, shot):
    """One line says a wrong password, which is kept nowhere; a changed key stops, and nothing leads past it."""
    here, stranger = tmp_path / "here", tmp_path / "stranger"
    here.mkdir()
    keygen(stranger)
    config = gpu.home / ".ssh" / "config"
    config.write_text(config.read_text() + entry("locked", gpu.host.sshd, key=stranger))
    with running_viewer(here, env=gpu.environment()) as viewer:
        page.goto(f"http://127.0.0.1:{viewer.port}{viewer.login}#/remote")
        pick(page, "locked")
        accept_key(page, gpu.host)
        field = page.get_by_role("textbox", name="Password of locked")
        expect(field).to_be_focused()
        assert (field.get_attribute("type"), field.get_attribute("autocomplete")) == ("password", "off")
        line = page.locator(".rn-step [role=alert]")
        expect(line).to_contain_text("refused")
        field.fill("tr0ub4dor")
        with page.expect_request("**/remote/connect") as asked:
            field.press("Enter")
        assert asked.value.post_data_json["password"] == "tr0ub4dor"
        expect(field).to_have_value("")
        expect(line).to_have_count(1)
        shot("remote-password-light")
        assert not [file for file in gpu.home.rglob("*") if file.is_file() and b"tr0ub4dor" in file.read_bytes()]
        assert "tr0ub4dor" not in page.evaluate("document.querySelector('.runicorn-host').shadowRoot.innerHTML")
        page.locator("[name=cancel]").click()

        gpu.host.leave()
        (gpu.host.sshd.known_hosts.parent / "host").unlink()
        keygen(gpu.host.sshd.known_hosts.parent / "host")
        gpu.host.come_back()
        page.get_by_label("Host", exact=True).fill("gpu1")
        page.keyboard.press("Enter")
        stop = page.locator(".rn-stop")
        expect(stop).to_contain_text("The key of gpu1 has changed")
        expect(stop.locator("button, a, input")).to_have_count(0)
        expect(page.get_by_role("dialog")).to_have_count(0)
        shot("remote-changed-light")
        page.emulate_media(color_scheme="dark")
        shot("remote-changed-dark")


@pytest.mark.timeout(900)
def test_a_host_without_a_viewer_gets_one_after_a_yes(gpu, tmp_path, page, shot):
    here = tmp_path / "here"
    here.mkdir()
    shutil.rmtree(gpu.host.home / ".virtualenvs")
    with running_viewer(here, env=gpu.environment()) as viewer:
        page.goto(f"http://127.0.0.1:{viewer.port}{viewer.login}#/remote")
        pick(page, "gpu1")
        accept_key(page, gpu.host)
        page.get_by_text("Install it there…").click()
        expect(page.get_by_role("dialog")).to_contain_text("environment of its own in your home folder")
        shot("remote-install-light")
        page.keyboard.press("Escape")
        expect(page.locator("[name=start]")).to_be_disabled()
        assert not (gpu.host.home / ".local").exists()
        page.get_by_text("Install it there…").click()
        page.get_by_role("dialog").locator("[name=yes]").click()
        expect(page.get_by_role("progressbar")).to_be_visible()
        shot("remote-installing-light")
        expect(page.locator("[name=start]")).to_be_enabled(timeout=600_000)
        page.locator("[name=start]").click()
        expect(page.locator(".rn-far-head")).to_contain_text("running")
        eventually(lambda: len(gpu.host.viewers()) == 1)
