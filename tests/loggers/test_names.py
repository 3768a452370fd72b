"""What importing costs, what is said when a framework is missing, and that every recipe has its test."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import runicorn as rn
from loggers.recipes import DOCUMENT, recipes

FRAMEWORKS = {"torch", "lightning", "pytorch_lightning", "transformers", "keras", "xgboost", "lightgbm", "optuna"}
NAMES_AND_PACKAGES = {
    "AccelerateTracker": "accelerate",
    "KerasCallback": "keras",
    "RunicornLogger": "lightning",
    "TransformersCallback": "transformers",
    "XGBoostCallback": "xgboost",
}


def test_every_recipe_is_run_by_a_test():
    used = set()
    for path in Path(__file__).parent.glob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "recipe" and node.args:
                used.add(node.args[0].value)
    assert used == set(recipes())


def test_every_name_is_in_the_document():
    text = DOCUMENT.read_text("utf-8")
    assert [name for name in rn.loggers.__all__ if f"`{name}`" not in text] == []


@pytest.mark.parametrize("name", sorted(NAMES_AND_PACKAGES))
def test_a_missing_framework_gives_one_sentence_that_names_what_to_install(name):
    """In the project's own environment none of them is installed."""
    package = NAMES_AND_PACKAGES[name]
    with pytest.raises(ImportError, match=f"{name} needs {package}: pip install {package}$"):
        getattr(rn.loggers, name)


def test_what_needs_no_framework_class_is_there_without_one():
    assert callable(rn.loggers.log_search)
    assert rn.loggers.OptunaCallback("p")
    assert rn.loggers.LightGBMCallback("p").run is None
    with pytest.raises(AttributeError, match="KerasCalback"):
        _ = rn.loggers.KerasCalback


def test_importing_our_names_imports_no_framework(train):
    source = (
        "import sys, runicorn as rn, runicorn.loggers, runicorn.log_compat\n"
        "rn.init('p').finish(); rn.loggers.SummaryWriter; rn.loggers.log_search; rn.loggers.LightGBMCallback\n"
    )
    trained = train(source, "sorted({name.split('.')[0] for name in sys.modules})")
    assert not (FRAMEWORKS | {"sklearn", "tensorboard", "tensorboardX", "matplotlib", "numpy"}) & set(trained.truth)


def test_a_wrong_name_is_refused_where_the_logger_is_made():
    with pytest.raises(ValueError, match="project"):
        rn.loggers.LightGBMCallback(project="a/b")


def test_the_alias_of_the_modules_is_found_lazily():
    source = "import sys, runicorn as rn; assert 'runicorn.loggers' not in sys.modules; rn.loggers; rn.log_compat"
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
