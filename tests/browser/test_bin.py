"""The recycle bin and the log search, as a person uses them in the viewer's page."""

from __future__ import annotations

import re

from browser_parts import make_dark
from playwright.sync_api import Page, expect
from rundirs import write_run
from viewers import running_viewer


def table_of(page: Page):
    return page.get_by_role("main").locator("tbody tr[data-run]")


def test_delete_gone_undo_back_and_the_bin(tmp_path, page, shot):
    for at in range(5):
        write_run(tmp_path, f"20260101_12000{at}_abcde{at}", name=f"run-{at}", points=5)
    (write_run(tmp_path, "live", name="live", status="running", points=5) / "heartbeat").write_text("{}")
    page.emulate_media(color_scheme="light")
    with running_viewer(tmp_path) as viewer:
        page.goto(f"http://127.0.0.1:{viewer.port}{viewer.login}")
        rows = table_of(page)
        expect(rows).to_have_count(6)
        delete = page.locator("button[name=delete]")
        expect(delete).to_be_disabled()
        every = page.get_by_label("Compare all runs shown")
        every.uncheck()
        for name in ("run-1", "run-2", "live"):
            rows.filter(has_text=name).get_by_role("checkbox").check()
        delete.click()
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("Delete 3 runs?")
        expect(dialog).to_contain_text("still running")
        shot("bin-question")
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
        expect(rows).to_have_count(6)
        delete.click()
        dialog.locator("button[name=confirm]").click()
        expect(rows).to_have_count(4)
        expect(rows.filter(has_text="live")).to_have_count(1)
        expect(page.get_by_text("2 runs deleted.")).to_be_visible()
        assert len(list(tmp_path.glob("*/*/runs/*/.deleted"))) == 2
        shot("bin-deleted")
        page.locator("button[name=undo]").click()
        expect(rows).to_have_count(6)
        expect(page.get_by_text("2 runs restored.")).to_be_visible()
        delete.click()
        dialog.locator("input[name=force]").check()
        dialog.locator("button[name=confirm]").click()
        expect(rows).to_have_count(3)
        page.get_by_title("Recycle bin").click()
        held = table_of(page)
        expect(held).to_have_count(3)
        shot("bin-light")
        page.emulate_media(color_scheme="dark")
        shot("bin-dark")
        held.filter(has_text="live").locator("button[name=restore]").click()
        expect(held).to_have_count(2)
        page.locator("button[name=empty]").click()
        expect(dialog.locator("button[name=confirm]")).to_be_disabled()
        dialog.locator("input[name=typed]").fill("delete")
        shot("bin-farewell-dark")
        dialog.locator("button[name=confirm]").click()
        expect(page.get_by_role("heading", name="The recycle bin is empty")).to_be_visible()
        page.go_back()
        expect(table_of(page)).to_have_count(4)
    assert len(list(tmp_path.glob("*/*/runs/*"))) == 4


def test_the_bin_in_jupyterlab(tmp_path, jupyter, page, shot):
    root = tmp_path / "work" / "runs"
    for at in range(3):
        write_run(root, f"20260101_12000{at}_abcde{at}", name=f"run-{at}", points=5)
    with jupyter() as server:
        page.goto(server.url("lab"))
        page.wait_for_function("() => window.jupyterapp?.shell && document.querySelector('#jp-main-dock-panel')")
        page.locator(".jp-SideBar [data-id='runicorn-explorer']").click()
        sidebar = page.locator("#runicorn-explorer")
        expect(sidebar.get_by_text("3 runs")).to_be_visible()
        sidebar.get_by_role("button", name="demo", exact=True).hover()
        sidebar.get_by_title("Compare the runs of demo").click()
        panel = page.locator("#jp-main-dock-panel .jp-MainAreaWidget:not(.lm-mod-hidden)")
        panel.get_by_label("Compare all runs shown").uncheck()
        panel.locator("tbody tr").filter(has_text="run-1").get_by_role("checkbox").check()
        panel.locator("button[name=delete]").click()
        panel.get_by_role("dialog").locator("button[name=confirm]").click()
        expect(panel.get_by_text("1 run deleted.")).to_be_visible()
        expect(sidebar.get_by_text("2 runs")).to_be_visible()
        shot("lab-bin-deleted")
        sidebar.locator("button[name=bin]").click()
        expect(panel.get_by_role("heading", name="Recycle bin")).to_be_visible()
        make_dark(page)
        shot("lab-bin-dark")
        panel.locator("button[name=restore]").click()
        expect(panel.get_by_role("heading", name="The recycle bin is empty")).to_be_visible()
        expect(sidebar.get_by_text("3 runs")).to_be_visible()


def test_a_line_is_found_in_a_long_log(tmp_path, page, shot):
    run_dir = write_run(tmp_path, "long", points=3)
    lines = [f"12:00:00 | step {at} loss {1 / (at + 1):.6f}" for at in range(60_000)]
    for at, text in (
        (10, "\x1b[31mWARNING\x1b[0m: lr is high"),
        (31_000, "warning: nan in grad"),
        (59_990, "Warning 3"),
    ):
        lines[at] = text
    (run_dir / "logs.txt").write_text("\n".join(lines) + "\n")
    page.emulate_media(color_scheme="light")
    with running_viewer(tmp_path) as viewer:
        page.goto(f"http://127.0.0.1:{viewer.port}{viewer.login}#/run/long")
        box = page.get_by_label("Search the log")
        box.fill("warning")
        status = page.locator(".rn-log-search [role=status]")
        expect(status).to_have_text("1 of 3, newest first")
        current = page.locator(".rn-log-hit[aria-current]")
        expect(current).to_have_text("Warning 3")
        box.press("Enter")
        expect(current).to_have_text("warning: nan in grad")
        expect(current.locator("mark")).to_have_text("warning")
        expect(current).to_be_in_viewport()
        shot("log-search-light")
        window = page.locator(".rn-log-found")
        first = window.locator(".rn-log-line").first
        seen = first.inner_text()
        window.evaluate("element => { element.scrollTop = 0; }")
        expect(first).not_to_have_text(seen)
        box.press("Enter")
        expect(current).to_have_text("WARNING: lr is high")
        expect(status).to_have_text("3 of 3, newest first")
        page.emulate_media(color_scheme="dark")
        shot("log-search-dark")
        page.locator("button[name=case]").click()
        expect(status).to_have_text("1 of 1, newest first")
        page.locator("button[name=regex]").click()
        box.fill("(")
        expect(status).to_contain_text("no regular expression")
        box.fill("step 5999[0-9] ")
        expect(status).to_have_text(re.compile("1 of 9"))
        box.fill("")
        expect(page.get_by_role("log")).to_contain_text("step 59999")
