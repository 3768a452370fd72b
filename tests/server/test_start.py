"""What a viewer loads before it answers: a third of its start, and of its memory, would be what only curves need."""

from __future__ import annotations

import json
import subprocess
import sys

_HEAVY = ("numpy", "pandas", "plotly", "pyarrow", "regex", "asyncssh", "ipywidgets", "jsonschema")
_LOADED = f"""
import json, sys
import runicorn_jupyter.cli.main, runicorn_jupyter.cli.viewer, runicorn_jupyter.viewer
json.dump([name for name in {_HEAVY!r} if name in sys.modules], sys.stdout)
"""


def test_a_viewer_starts_without_what_only_curves_and_searches_need():
    ended = subprocess.run([sys.executable, "-c", _LOADED], capture_output=True, text=True, check=True)
    assert json.loads(ended.stdout) == []
