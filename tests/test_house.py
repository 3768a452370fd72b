"""The rules of the house, held by walking it: who imports whom, how long a file is, what `import runicorn` costs."""

from __future__ import annotations

import ast
import json
import re
import statistics
import subprocess
import sys
from pathlib import Path

import pytest
from places import REPOSITORY

import runicorn
import runicorn_jupyter
from runicorn_jupyter.display.palette import COLORS

PACKAGE = REPOSITORY / "runicorn_jupyter"
FILES = sorted(path for path in PACKAGE.rglob("*.py") if "labextension" not in path.relative_to(PACKAGE).parts)

WORDS = {"errors", "models", "paths", "settings", "_version"}
"""What everybody speaks."""

MAY_IMPORT = {
    "errors": set(),
    "models": {"models"},
    "_version": set(),
    "paths": {"errors"},
    "settings": {"errors", "paths"},
    "store": WORDS | {"store"},
    "tracking": WORDS | {"store", "tracking"},
    "remote": WORDS | {"remote"},
    "client": WORDS | {"client"},
    "display": {"models", "errors", "display"},
    "workspace": WORDS | {"store", "remote", "client"},
    "widgets": WORDS | {"workspace", "display", "widgets"},
    "server": WORDS | {"workspace", "server", "display"},  # a report is a picture and words, not JSON
    "viewer": WORDS | {"workspace", "server"},
    "cli": WORDS | {"workspace", "viewer", "cli", "client", "display"},
    "__main__": {"cli"},
    "testing": WORDS | {"workspace", "tracking"},
}
"""Arrows point down only; the facade ``__init__`` finds every room by name and is not in the table."""

THINGS_TOO_HEAVY_TO_TRAIN_WITH = {
    "tornado",
    "pandas",
    "plotly",
    "asyncssh",
    "ipywidgets",
    "numpy",
    "jupyter_server",
    "anywidget",
}


def room(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def imported_rooms(path: Path) -> set[str]:
    """Return the rooms that a file names in any import, wherever in the file it stands."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: imports are written out in full"
            whole = node.module == "runicorn_jupyter"
            names = [f"{node.module}.{alias.name}" for alias in node.names] if whole else [node.module]
        found |= {name.split(".")[1] for name in names if name.startswith("runicorn_jupyter.")}
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_arrows_point_down_only(path):
    if path == PACKAGE / "__init__.py":
        return
    forbidden = imported_rooms(path) - MAY_IMPORT[room(path)]
    assert not forbidden, f"{room(path)} must not import {forbidden}"


def test_no_file_is_a_cellar():
    lengths = {str(path.relative_to(PACKAGE)): len(path.read_text().splitlines()) for path in FILES}
    assert {name: length for name, length in lengths.items() if length > 350} == {}
    assert statistics.median(lengths.values()) <= 120


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [
        node
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def body_length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count the lines of a function without its docstring."""
    first = function.body[0]
    documented = (
        isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    )
    start = first.end_lineno if documented else function.lineno
    return (function.end_lineno or 0) - (start or 0)


def test_functions_are_short():
    lengths = {f"{path.name}:{function.name}": body_length(function) for path in FILES for function in functions(path)}
    assert {name: length for name, length in lengths.items() if length > 60} == {}
    assert statistics.quantiles(lengths.values(), n=10)[-1] <= 25


def test_importing_us_costs_a_training_script_nothing_heavy():
    script = (
        "import sys, runicorn as rn; rn.init, rn.log, rn.Run, rn.finish\n"
        "import json; print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    )
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert not THINGS_TOO_HEAVY_TO_TRAIN_WITH & set(json.loads(answer.stdout))


def test_both_names_are_one_thing():
    assert runicorn.__all__ == runicorn_jupyter.__all__
    assert [
        name for name in runicorn.__all__[1:] if getattr(runicorn, name) is not getattr(runicorn_jupyter, name)
    ] == []
    with pytest.raises(AttributeError, match="no attribute 'lgo'"):
        _ = runicorn.lgo


def test_the_facade_lists_what_type_checkers_see():
    """A name in the lazy table but not under TYPE_CHECKING would work and yet look like an error in every editor."""
    for module in (runicorn, runicorn_jupyter):
        tree = ast.parse(Path(module.__file__).read_text())
        guarded = [node for node in tree.body if isinstance(node, ast.If)]
        seen = {
            alias.asname or alias.name
            for block in guarded
            for node in block.body
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }
        assert seen == set(runicorn_jupyter.__all__) - {"__version__"}


def test_front_and_back_have_one_version():
    package = json.loads((REPOSITORY / "labextension" / "package.json").read_text())
    assert package["version"] == runicorn_jupyter.__version__


def test_the_picture_and_the_page_have_the_same_colours():
    palette = (REPOSITORY / "labextension" / "src" / "ui" / "chart" / "palette.ts").read_text()
    light = palette.split("LIGHT")[1].split("];")[0]
    assert tuple(re.findall(r"'(#[0-9a-f]{6})'", light)) == COLORS


def test_the_widget_stays_small():
    """Its bundle travels by comm into every page that shows one, VS Code's included."""
    assert (PACKAGE / "static" / "widget.js").stat().st_size <= 150_000
    assert (PACKAGE / "static" / "remote.js").stat().st_size <= 150_000


def test_nothing_evaluates_what_a_file_says():
    """I15: no eval, exec, pickle, unsafe YAML or shell anywhere in the package."""
    forbidden = {"eval", "exec", "pickle", "yaml", "system", "popen", "marshal"}
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                name = ast.unparse(node.func)
                last = name.rpartition(".")[2]
                harmless = name == "platform.system"  # the name of the operating system, no shell
                assert harmless or last not in forbidden, f"{path}:{node.lineno} calls {name}"
                shell = [key for key in node.keywords if key.arg == "shell"]
                assert not shell, f"{path}:{node.lineno} runs a shell"
            if isinstance(node, ast.Import):
                assert not {alias.name.split(".")[0] for alias in node.names} & forbidden, f"{path}:{node.lineno}"
