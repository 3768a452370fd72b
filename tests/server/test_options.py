"""One list of settings: Jupyter's config file and `runicorn viewer --help` show the same names, helps and checks."""

from __future__ import annotations

import subprocess
import sys

import pytest
from traitlets import TraitError

from runicorn_jupyter.server.extension import RunicornExtension
from runicorn_jupyter.server.options import SharedOptions, ViewerOptions, described


def words(text: str | None) -> str:
    return " ".join((text or "").split())


@pytest.fixture(scope="module")
def viewer_help() -> str:
    done = subprocess.run(
        [sys.executable, "-m", "runicorn_jupyter", "viewer", "--help"],
        capture_output=True, text=True, timeout=60, check=True, env={"COLUMNS": "200", "PATH": ""},
    )  # fmt: skip
    return done.stdout


def test_every_setting_of_the_viewer_is_an_option_with_its_help(viewer_help: str) -> None:
    for name, trait in described().items():
        assert f"--{name.replace('_', '-')}" in viewer_help, name
        assert trait.help, name
        assert words(trait.help) in words(viewer_help), name


def test_jupyter_has_the_shared_ones_with_the_same_help() -> None:
    shared = described(SharedOptions)
    assert set(shared) == {"root_dir", "allow_origins", "rate_limits"}
    config = RunicornExtension.class_config_section()
    for name, trait in shared.items():
        ours = RunicornExtension.class_traits(config=True)[name]
        assert (ours.help, ours.default_value) == (trait.help, trait.default_value)
        assert f"c.RunicornExtension.{name} = " in config


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("root_dir", "E:\\runs", "Windows path"),
        ("allow_origins", ["http://localhost:3000/"], "an origin is written like"),
        ("allow_origins", ["https://*"], "an origin is written like"),
        ("allow_origins", ["*"], "an origin is written like"),
        ("rate_limits", {"standard": -1}, "whole number from 0"),
        ("rate_limits", {"other": 1}, "other"),
        ("port", 65_536, "65535"),
    ],
)
def test_what_is_wrong_is_said_where_it_is_set(name: str, value: object, sentence: str) -> None:
    with pytest.raises(TraitError, match=sentence):
        ViewerOptions(**{name: value})
    if name in described(SharedOptions):
        with pytest.raises(TraitError, match=sentence):
            RunicornExtension(**{name: value})
