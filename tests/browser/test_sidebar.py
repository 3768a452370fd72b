"""JupyterLab's sidebar: projects and runs, live, and a click opens one."""

from __future__ import annotations

import shutil

import pytest
from browser_parts import make_dark
from playwright.sync_api import expect
from rundirs import append, write_run

READY = "() => window.jupyterapp?.shell && document.querySelector('#jp-main-dock-panel')"


@pytest.fixture
def runs(tmp_path, upstream_053):
    """Return a root with upstream's 72 runs and one of ours that is still running."""
    root = tmp_path / "work" / "runs"
    shutil.copytree(upstream_053, root, symlinks=True)
    live = write_run(root, "20270101_120000_aaaaaa", project="digits", name="live", status="running", points=30)
    (live / "heartbeat").write_text("{}")
    return root


def open_sidebar(page, server):
    page.goto(server.url("lab"))
    page.wait_for_function(READY)
    page.locator(".jp-SideBar [data-id='runicorn-explorer']").click()
    return page.locator("#runicorn-explorer")


def test_projects_and_runs_are_listed_live_and_a_click_opens_one(runs, jupyter, page, shot):
    with jupyter() as server:
        sidebar = open_sidebar(page, server)
        expect(sidebar.get_by_text("73 runs")).to_be_visible()
        for project in ("digits", "vision", "nlp", "演示项目"):
            expect(sidebar.get_by_role("button", name=project, exact=True)).to_be_visible()
        shot("sidebar")

        write_run(runs, "20270101_130000_bbbbbb", project="brand-new", name="first")
        expect(sidebar.get_by_role("button", name="brand-new", exact=True)).to_be_visible()
        expect(sidebar.get_by_text("74 runs")).to_be_visible()

        sidebar.locator("[data-run='20270101_120000_aaaaaa']").click()
        card = page.locator("#jp-main-dock-panel .jp-MainAreaWidget:not(.lm-mod-hidden)").filter(has_text="live")
        expect(card.locator("figure[data-metric=loss] canvas").first).to_be_visible()
        live = runs / "digits" / "live" / "runs" / "20270101_120000_aaaaaa"
        append(live, {"loss": 0.001, "global_step": 31})
        expect(card).to_contain_text("31")
        shot("sidebar-run")
        make_dark(page)
        shot("sidebar-run-dark")


def test_a_filter_narrows_the_tree(runs, jupyter, page):
    with jupyter() as server:
        sidebar = open_sidebar(page, server)
        sidebar.get_by_label("Filter runs").fill("vit")
        expect(sidebar.get_by_text("12 of 73 runs")).to_be_visible()
        expect(sidebar.get_by_role("button", name="nlp", exact=True)).to_have_count(0)


def test_a_server_without_our_part_gets_a_calm_message(tmp_path, jupyter, page, shot):
    """Convention 31: front without back says what to do instead of polling for ever."""
    with jupyter() as server:
        page.route("**/runicorn/api/**", lambda route: route.fulfill(status=404, body="not here"))
        sidebar = open_sidebar(page, server)
        expect(sidebar).to_contain_text("jupyter server extension")
        shot("sidebar-without-server-part")


def test_the_tree_survives_a_reload_of_the_page(runs, jupyter, page):
    with jupyter() as server:
        sidebar = open_sidebar(page, server)
        expect(sidebar.get_by_text("73 runs")).to_be_visible()
        page.reload()
        page.wait_for_function(READY)
        if not sidebar.is_visible():
            page.locator(".jp-SideBar [data-id='runicorn-explorer']").click()
        expect(sidebar.get_by_text("73 runs")).to_be_visible()


def test_the_sidebar_leads_to_artifacts_and_an_artifact_opens_beside_it(runs, jupyter, page, shot):
    with jupyter() as server:
        sidebar = open_sidebar(page, server)
        expect(sidebar.get_by_text("73 runs")).to_be_visible()
        sidebar.get_by_title("Artifacts").click()
        panel = page.locator("#jp-main-dock-panel .jp-MainAreaWidget:not(.lm-mod-hidden)")
        expect(panel.locator("tr[data-artifact]")).to_have_count(6)
        panel.locator("tr[data-artifact='resnet50-model'] button").click()
        expect(panel.locator(".rn-versions button")).to_have_count(3)
        panel.get_by_role("button", name="Lineage").click()
        expect(panel.locator(".rn-node-root rect")).to_be_in_viewport(ratio=1)
        shot("sidebar-artifact")
        panel.locator(".rn-node-run").first.click()
        expect(panel.locator(".rn-card")).to_be_visible()
