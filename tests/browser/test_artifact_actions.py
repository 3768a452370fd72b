"""What can be done to a version on the screen: stages, aliases, deletion with its way back, verification, downloads."""

from __future__ import annotations

import hashlib
import re

import pytest
from playwright.sync_api import expect
from test_artifact_pages import both_themes
from viewers import running_viewer

import runicorn as rn


@pytest.fixture(scope="module")
def held(tmp_path_factory):
    """Return the address of a viewer and its root: three versions of a model, and one that names things elsewhere."""
    root, work = tmp_path_factory.mktemp("actions"), tmp_path_factory.mktemp("work")
    there = work / "train.bin"
    there.write_bytes(b"rows")
    with rn.init(project="p", name="n", storage=str(root), capture_env=False) as run:
        for version in (1, 2, 3):
            weights = work / "weights.bin"
            weights.write_bytes(bytes([version]) * (3 << 20))
            run.log_artifact(rn.Artifact("mlp").add_file(weights), aliases=["best"] if version == 1 else None)
        data = rn.Artifact("data", type="dataset").add_file(there)
        data.add_reference(str(there), hashlib.sha256(b"rows").hexdigest(), 4)
        data.add_reference("s3://bucket/rows.parquet", "sha256:ab", 9)
        run.log_artifact(data)
    with running_viewer(root) as running:
        yield f"http://127.0.0.1:{running.port}{running.login}", root


def opened(page, held, name="mlp", kind="model", version=1):
    page.goto(f"{held[0]}#/artifacts")
    expect(page.locator("tr[data-artifact]")).to_have_count(2)
    page.goto(re.sub(r"/\?.*", "/", held[0]) + f"#/artifact/{kind}/{name}/v{version}")
    expect(page.locator(".rn-versions button[aria-current]")).to_contain_text(f"v{version}")


def choose(page, name):
    page.get_by_text("Actions", exact=True).click()
    page.locator(f".rn-actions button[name={name}]").click()


def version(page, number):
    return page.locator(f".rn-versions button[data-version='{number}']")


def test_a_version_moves_through_its_stages_with_a_note(held, page, shot):
    opened(page, held)
    page.get_by_text("Actions", exact=True).click()
    both_themes(page, shot, "artifact-menu")
    page.locator(".rn-actions button[name=promote]").click()
    page.get_by_label("Note").fill("beats the old one")
    both_themes(page, shot, "artifact-promote")
    page.get_by_role("button", name="Move", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("v1 is now in the stage “staging”.")
    expect(page.get_by_title("beats the old one")).to_have_text("staging")
    choose(page, "promote")
    page.get_by_role("radio", name="production").check()
    page.get_by_role("button", name="Move", exact=True).click()
    expect(version(page, 1)).to_contain_text("production")
    expect(page.get_by_title("beats the old one")).to_have_count(0)


def test_an_alias_is_set_moved_taken_back_and_taken_away(held, page, shot):
    opened(page, held, version=2)
    choose(page, "alias")
    page.get_by_label("Alias", exact=True).fill("best")
    expect(page.get_by_text("It means v1 now and moves here.")).to_be_visible()
    both_themes(page, shot, "artifact-alias")
    page.get_by_role("button", name="Move it here").click()
    expect(version(page, 2)).to_contain_text("best")
    expect(version(page, 1)).not_to_contain_text("best")
    page.get_by_role("button", name="Undo").click()
    expect(version(page, 1)).to_contain_text("best")
    choose(page, "alias")
    page.get_by_label("Alias", exact=True).fill("v7")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("An alias is a word such as 'production'")
    choose(page, "alias")
    page.get_by_label("Alias", exact=True).fill("candidate")
    page.keyboard.press("Enter")
    expect(version(page, 2)).to_contain_text("candidate")
    choose(page, "alias")
    page.get_by_title("Take “candidate” away").click()
    expect(version(page, 2)).not_to_contain_text("candidate")


def test_the_keyboard_deletes_and_undoes(held, page, shot):
    opened(page, held, version=2)
    menu = page.locator(".rn-actions summary")
    menu.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(menu).to_be_focused()
    expect(page.locator(".rn-actions button[name=verify]")).to_be_hidden()
    page.keyboard.press("Enter")
    page.locator(".rn-actions button[name=delete]").focus()
    page.keyboard.press("Enter")
    expect(version(page, 2)).to_contain_text("deleted")
    expect(page.get_by_text("it can still be restored")).to_be_visible()
    both_themes(page, shot, "artifact-deleted")
    page.get_by_role("button", name="Undo").focus()
    page.keyboard.press("Enter")
    expect(version(page, 2)).not_to_contain_text("deleted")
    expect(page.get_by_text("v2 is restored.")).to_be_visible()


def test_deleting_for_good_asks_for_the_name_and_leads_on(held, page, shot):
    opened(page, held, version=3)
    choose(page, "remove")
    confirm = page.get_by_role("button", name="Delete for good", exact=True)
    expect(confirm).to_be_disabled()
    page.locator("input[name=typed]").fill("mlp:v2")
    expect(confirm).to_be_disabled()
    both_themes(page, shot, "artifact-remove")
    page.locator("input[name=typed]").fill("mlp:v3")
    confirm.click()
    expect(version(page, 3)).to_have_count(0)
    expect(page.locator(".rn-versions button[aria-current]")).to_contain_text("latest")
    assert not (held[1] / "artifacts" / "model" / "mlp" / "v3").exists()


def test_a_version_is_verified_and_what_could_not_be_is_told(held, page, shot):
    opened(page, held, "data", "dataset")
    choose(page, "verify")
    expect(page.get_by_text("All is as it was saved: 4 B read.")).to_be_visible()
    page.get_by_text("1 reference was not checked").click()
    expect(page.locator(".rn-unchecked")).to_contain_text("what lies at s3: is not read")
    both_themes(page, shot, "artifact-verified")
    stored = held[1] / "artifacts" / "model" / "mlp" / "v1" / "files" / "weights.bin"
    stored.unlink()
    stored.write_bytes(bytes(3 << 20))
    opened(page, held)
    choose(page, "verify")
    expect(page.get_by_text("1 entry is not as it was saved:")).to_be_visible()
    expect(page.locator(".rn-verify li")).to_contain_text("weights.bin has another content")
    both_themes(page, shot, "artifact-damaged")
    page.get_by_title("Close").click()
    expect(page.locator(".rn-verify")).to_have_count(0)


def test_one_file_is_downloaded(held, page):
    opened(page, held, "data", "dataset")
    with page.expect_download() as download:
        page.get_by_title("Download train.bin").click()
    assert download.value.path().read_bytes() == b"rows"


def test_a_refusal_takes_back_what_was_shown(held, page, shot):
    opened(page, held, version=2)
    page.route(re.compile(r"/v2\?.*permanent"), lambda route: route.fulfill(status=507, body='{"message": "Full."}'))
    choose(page, "delete")
    expect(page.get_by_role("alert")).to_contain_text("Nothing was changed.Full.")
    expect(version(page, 2)).not_to_contain_text("deleted")
    shot("artifact-refused")
