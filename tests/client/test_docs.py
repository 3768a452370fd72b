"""The examples of docs/client.md run as they stand; only the address of the viewer is put in."""

from __future__ import annotations

import re

from places import REPOSITORY

from runicorn.api import RunicornClient, utils
from runicorn_jupyter.client import ArtifactsAPI, RemoteAPI

TEXT = (REPOSITORY / "docs" / "client.md").read_text()


def test_every_example_runs(shared_viewer, capsys):
    url = f"http://127.0.0.1:{shared_viewer.port}"
    names: dict[str, object] = {}
    blocks = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    assert len(blocks) >= 5
    for block in blocks:
        code = block.replace("http://127.0.0.1:23300", url).replace("api.connect()", f"api.connect({url!r})")
        exec(compile(code, "docs/client.md", "exec"), names)
    said = capsys.readouterr().out
    assert "resnet50-model 3" in said
    assert "There is no run 'nonexistent'" in said


def test_every_public_method_is_told():
    for part in (RunicornClient, ArtifactsAPI, RemoteAPI):
        for name, value in vars(part).items():
            assert name.startswith("_") or not callable(value) or f"{name}" in TEXT, name
    assert [name for name in utils.__all__ if name not in TEXT and name != "runs_to_dataframe"] == []
