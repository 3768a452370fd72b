"""The Trainer of Transformers, and Accelerate."""

from __future__ import annotations

import pytest

from loggers.recipes import recipe


def test_the_trainer_recipe_writes_what_the_log_history_holds(train):
    trained = train(recipe("Hugging Face Trainer"), "[trainer.state.log_history, trainer.state.global_step]")
    history, last = trained.truth
    run = trained.run
    assert (run.meta["project"], run.meta["name"], run.status) == ("reviews", "tiny-bert", "finished")
    for theirs, ours in (
        ("loss", "train/loss"),
        ("learning_rate", "train/learning_rate"),
        ("grad_norm", "train/grad_norm"),
        ("eval_loss", "eval/loss"),
        ("eval_runtime", "eval/runtime"),
    ):
        expected = [(row["step"], row[theirs]) for row in history if theirs in row]
        assert len(expected) >= 3
        assert run.series(ours) == expected
    assert last == 8
    (totals,) = [row for row in history if "train_runtime" in row]
    assert run.summary["train_loss"] == totals["train_loss"]
    assert "train/train_loss" not in run.names
    assert (run.summary["best_metric_name"], run.summary["best_metric_mode"]) == ("eval/loss", "min")
    assert run.summary["best_metric_value"] == min(row["eval_loss"] for row in history if "eval_loss" in row)
    assert run.config["num_train_epochs"] == 2
    assert run.config["model"]["hidden_size"] == 8


TRAINER = """
import torch
import runicorn as rn
from runicorn.loggers import TransformersCallback
from transformers import PretrainedConfig, PreTrainedModel, Trainer, TrainerCallback, TrainingArguments
class Tiny(PreTrainedModel):
    config_class = PretrainedConfig
    def __init__(self, config):
        super().__init__(config)
        self.layer = torch.nn.Linear(2, 1)
        self.post_init()
    def forward(self, x, labels=None):
        return {"loss": (self.layer(x).squeeze(-1) - labels).square().mean()}
data = [{"x": torch.randn(2), "labels": torch.tensor(1.0)} for _ in range(16)]
class Boom(TrainerCallback):
    def on_step_end(self, args, state, control, **kwargs):
        if state.global_step == 2:
            raise RuntimeError("out of memory")
def trainer(*callbacks):
    args = TrainingArguments(output_dir="out", max_steps=4, per_device_train_batch_size=4, logging_steps=1,
                             save_strategy="no", use_cpu=True, report_to="none", disable_tqdm=True)
    return Trainer(model=Tiny(PretrainedConfig()), args=args, train_dataset=data, callbacks=list(callbacks))
"""


def test_trainings_are_runs_failures_are_marked_and_a_run_of_the_script_is_left_open(train):
    source = (
        TRAINER
        + """
held = TransformersCallback("p")
trainer(held).train()
trainer(held).train()
try:
    with held:
        trainer(held, Boom()).train()
except RuntimeError:
    pass
with rn.init("mine") as run:
    trainer(TransformersCallback("p")).train()
    left_open = not run.finished
trainer(TransformersCallback("q"), Boom()).train()
"""
    )
    trained = train(source, fails=True)
    assert [(run.meta["project"], run.status, len(run.values("train/loss"))) for run in trained.runs] == [
        ("p", "finished", 4),
        ("p", "finished", 4),
        ("p", "failed", 1),
        ("mine", "finished", 4),
        ("q", "failed", 1),
    ]


def test_another_process_than_the_first_records_nothing(train):
    source = (
        TRAINER
        + """
made = trainer(TransformersCallback("p"))
made.state.is_world_process_zero = False
class Second(TrainerCallback):
    def on_train_begin(self, args, state, control, **kwargs):
        state.is_world_process_zero = False
made.callback_handler.callbacks.insert(0, Second())
made.train()
"""
    )
    assert train(source, "made.state.global_step").runs == []


def test_the_accelerate_recipe_writes_what_was_logged(train):
    trained = train(recipe("Hugging Face Accelerate"), "losses")
    run = trained.run
    assert (run.meta["project"], run.meta["name"], run.status) == ("regression", "loop", "finished")
    assert run.series("train/loss") == [(step, pytest.approx(loss)) for step, loss in enumerate(trained.truth)]
    assert run.config == {"lr": 0.1}
