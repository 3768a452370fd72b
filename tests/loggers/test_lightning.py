"""Lightning, under both of its names."""

from __future__ import annotations

import pytest

from loggers.recipes import recipe

TRUTH = """{
    "steps": trainer.global_step, "csv": _csv("csv"),
    "metrics": {k: float(v) for k, v in trainer.callback_metrics.items()},
    "best": float(trainer.checkpoint_callback.best_model_score), "path": trainer.checkpoint_callback.best_model_path,
    "names": [trainer.logger.name, trainer.logger.version],
    "is_a_logger": isinstance(trainer.logger, __import__("PACKAGE.loggers", fromlist=["Logger"]).Logger)
}"""

CSV = """
def _csv(folder):
    import csv, pathlib
    rows = []
    for path in sorted(pathlib.Path(folder).rglob("metrics.csv")):
        rows += list(csv.DictReader(path.open()))
    return rows
"""


def beside_csv(package: str) -> str:
    """Return the recipe for either package, with Lightning's own CSVLogger as a second witness."""
    ours = 'RunicornLogger(project="regression", name="linear")'
    source = recipe("Lightning").replace(f"logger={ours}", f"logger=[{ours}, L.pytorch.loggers.CSVLogger('csv')]")
    assert "CSVLogger" in source
    if package == "pytorch_lightning":
        source = source.replace("import lightning as L", "import pytorch_lightning as L").replace("L.pytorch.", "L.")
    return source


@pytest.mark.parametrize("package", ["lightning.pytorch", "pytorch_lightning"])
def test_the_recipe_writes_what_lightnings_own_csv_logger_writes(train, package):
    source = beside_csv(package)
    trained = train(source, " ".join(TRUTH.split()).replace("PACKAGE", package), before=CSV)
    truth, run = trained.truth, trained.run
    assert truth["is_a_logger"]
    assert (run.meta["project"], run.meta["name"], run.status) == ("regression", "linear", "finished")
    for name in ("train/loss", "val/loss"):
        theirs = [(int(row["step"]), float(row[name])) for row in truth["csv"] if row.get(name)]
        assert len(theirs) >= 3
        assert run.series(name) == [(step, pytest.approx(value)) for step, value in theirs]
    assert truth["steps"] == 24
    assert run.series("test/loss") == [(24, pytest.approx(truth["metrics"]["test/loss"]))]
    assert run.config["lr"] == 0.1
    assert (run.summary["best_metric_name"], run.summary["best_metric_mode"]) == ("val/loss", "min")
    assert run.summary["best_metric_value"] == pytest.approx(truth["best"])
    assert truth["names"] == ["regression", run.folder.name]
    assert f"regression/{run.folder.name}/checkpoints/{run.summary['best_checkpoint']}" in truth["path"]


MODULE = """
import lightning as L, torch
import runicorn as rn
from runicorn.loggers import RunicornLogger
from torch.utils.data import DataLoader
class Module(L.LightningModule):
    def __init__(self, fails=None):
        super().__init__()
        self.layer, self.fails = torch.nn.Linear(2, 1), fails
    def training_step(self, batch, index):
        if self.fails and self.global_step == 2:
            raise self.fails
        loss = self.layer(batch).square().mean()
        self.log("loss", loss)
        return loss
    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)
def fit(logger, fails=None, **more):
    options = dict(max_steps=4, log_every_n_steps=1, accelerator="cpu", enable_progress_bar=False,
                   enable_checkpointing=False, enable_model_summary=False)
    trainer = L.Trainer(logger=logger, **{**options, **more})
    trainer.fit(Module(fails), DataLoader(torch.randn(32, 2), batch_size=4))
"""


def test_two_fits_are_two_runs_failures_are_marked_and_a_run_of_the_script_is_left_open(train):
    source = (
        MODULE
        + """
fit(RunicornLogger("p"))
fit(RunicornLogger("p"))
try:
    fit(RunicornLogger("p"), RuntimeError("out of memory"))
except RuntimeError:
    pass
try:
    fit(RunicornLogger("p"), KeyboardInterrupt())
except SystemExit:
    pass
with rn.init("mine") as run:
    fit(RunicornLogger("p"))
    left_open = not run.finished
"""
    )
    trained = train(source, "left_open")
    assert trained.truth is True
    assert [(run.meta["project"], run.status, len(run.values("loss"))) for run in trained.runs] == [
        ("p", "finished", 4),
        ("p", "finished", 4),
        ("p", "failed", 2),
        ("p", "interrupted", 2),
        ("mine", "finished", 4),
    ]


@pytest.mark.parametrize("strategy", ["ddp_fork", "ddp_spawn"])
def test_of_two_processes_the_first_records(train, strategy):
    source = (
        MODULE
        + f"""
if __name__ == "__main__":
    fit(RunicornLogger("p"), devices=2, strategy={strategy!r}, max_steps=4)
"""
    )
    run = train(source).run
    assert (run.status, [step for step, _loss in run.series("loss")]) == ("finished", [0, 1, 2, 3])


def test_a_logger_that_breaks_does_not_break_the_training(train):
    source = (
        MODULE
        + """
from runicorn_jupyter.tracking.loggers.hold import Holder
def broken(*args, **kwargs):
    raise OSError("no such luck")
Holder.open = Holder.finish = broken
fit(RunicornLogger())
"""
    )
    trained = train(source)
    assert trained.runs == []
    assert "no such luck" in trained.done.stderr
