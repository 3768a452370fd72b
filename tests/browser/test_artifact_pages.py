"""Artifacts on the screen: list, versions, files, what changed, and lineage that is walked by mouse and keyboard."""

from __future__ import annotations

import base64
import json
import re

import pytest
from playwright.sync_api import expect
from viewers import running_viewer

import runicorn as rn

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def data_files(folder, version):
    folder.mkdir()
    rows = "".join(f'{i},{i % 10},"note, {i}"\n' for i in range(40 * version))
    (folder / "digits.csv").write_text(f"id,label,note\n{rows}")
    (folder / "README.md").write_text(f"# Digits\n\nVersion {version} of the data.\n")
    (folder / "sample.png").write_bytes(PIXEL)
    if version == 2:
        (folder / "extra.jsonl").write_text('{"id": 1, "split": "test"}\n{"id": 2}\n')
    else:
        (folder / "weights.bin").write_bytes(bytes(range(256)) * 10)
    return folder


@pytest.fixture(scope="module")
def viewer(tmp_path_factory):
    root, work = tmp_path_factory.mktemp("artifacts"), tmp_path_factory.mktemp("work")
    for version in (1, 2):
        with rn.init(project="digits", name="prepare", storage=str(root)) as run:
            made = rn.Artifact(
                "digits", type="dataset", description="Handwritten digits", metadata={"rows": 40 * version}
            )
            made.add_dir(str(data_files(work / str(version), version)))
            run.log_artifact(made, aliases=["clean"] if version == 1 else None)
            prepared = run.id
    for lr in (0.1, 0.01):
        with rn.init(project="digits", name="train", storage=str(root), config={"lr": lr}) as run:
            run.use_artifact("digits:v2")
            weights = work / f"{lr}.json"
            weights.write_text(json.dumps({"lr": lr}))
            model = rn.Artifact("mlp", type="model").add_file(str(weights))
            run.log_artifact(model, aliases=["production"] if lr == 0.01 else None)
            run.log({"loss": lr})
    with running_viewer(root) as running:
        yield f"http://127.0.0.1:{running.port}{running.login}", prepared


def both_themes(page, shot, name):
    page.emulate_media(color_scheme="light")
    shot(f"{name}-light")
    page.emulate_media(color_scheme="dark")
    shot(f"{name}-dark")
    page.emulate_media(color_scheme="light")


def open_digits(page, viewer):
    page.goto(f"{viewer[0]}#/artifacts")
    page.locator("tr[data-artifact=digits] button").click()
    expect(page.locator(".rn-versions button")).to_have_count(2)


def test_the_list_leads_to_versions_and_their_files(viewer, page, shot):
    page.goto(viewer[0])
    page.get_by_title("Artifacts").click()
    rows = page.locator("tr[data-artifact]")
    expect(rows).to_have_count(2)
    expect(rows.filter(has_text="digits")).to_contain_text("clean v1")
    both_themes(page, shot, "artifacts-list")
    page.get_by_label("Filter artifacts").fill("model")
    expect(rows).to_have_count(1)
    page.get_by_label("Filter artifacts").fill("")
    page.locator("tr[data-artifact=digits] button").click()
    expect(page.locator(".rn-versions button[aria-current]")).to_contain_text("latest")
    expect(page.get_by_text("Handwritten digits")).to_be_visible()
    page.locator("tr[data-path='digits.csv'] button").click()
    expect(page.get_by_role("cell", name="note, 7", exact=True)).to_be_visible()
    both_themes(page, shot, "artifacts-files")
    page.locator("tr[data-path='README.md'] button").click()
    expect(page.get_by_text("Version 2 of the data.")).to_be_visible()
    page.locator("tr[data-path='sample.png'] button").click()
    expect(page.locator(".rn-file-image")).to_have_js_property("naturalWidth", 1)
    page.locator(".rn-versions button", has_text="v1").click()
    expect(page).to_have_url(re.compile(r"#/artifact/dataset/digits/v1$"))
    page.locator("tr[data-path='weights.bin'] button").click()
    expect(page.get_by_text("This kind of file is not shown here")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download all").click()
    assert download.value.suggested_filename.endswith(".zip")
    page.go_back()
    expect(page.locator(".rn-versions button[aria-current]")).to_contain_text("latest")


def test_what_changed_between_two_versions_is_told(viewer, page, shot):
    open_digits(page, viewer)
    page.get_by_role("button", name="Compare", exact=True).click()
    files = page.locator(".rn-diff").first.get_by_role("listitem")
    expect(files).to_have_count(4)
    expect(files.filter(has_text="extra.jsonl")).to_contain_text("added")
    expect(files.filter(has_text="weights.bin")).to_contain_text("removed")
    expect(files.filter(has_text="digits.csv")).to_contain_text("changed")
    expect(page.get_by_text("1 file is the same in both.")).to_be_visible()
    expect(page.locator(".rn-diff").last).to_contain_text("40 → 80")
    both_themes(page, shot, "artifacts-diff")


def test_lineage_is_walked_by_keys_and_by_mouse(viewer, page, shot):
    open_digits(page, viewer)
    page.get_by_role("button", name="Lineage").click()
    nodes = page.locator(".rn-node")
    expect(nodes).to_have_count(6)
    both_themes(page, shot, "artifacts-lineage")
    root = page.locator(".rn-node[data-node='digits:v2']")
    root.focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator(f".rn-node[data-node='run:{viewer[1]}']")).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".rn-node:focus")).to_have_attribute("data-node", re.compile(r"^mlp:v[12]$"))
    shot("artifacts-lineage-focus")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"#/artifact/model/mlp/v[12]$"))
    page.get_by_role("button", name="Lineage").click()
    page.locator(".rn-node-run").last.click()
    expect(page).to_have_url(re.compile(r"#/run/"))


def test_a_run_tells_what_it_made_and_used(viewer, page, shot):
    page.goto(viewer[0])
    page.locator("tbody tr").filter(has_text="train").first.locator(".rn-open").click()
    made = page.get_by_role("region", name="Artifacts")
    expect(made.get_by_role("button", name=re.compile("mlp:v"))).to_be_visible()
    both_themes(page, shot, "artifacts-run")
    made.get_by_role("button", name="digits:v2").click()
    expect(page.locator(".rn-versions button[aria-current]")).to_contain_text("v2")
