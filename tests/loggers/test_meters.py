"""The meters of torchvision's references and of PyTorch's ImageNet example, which need no framework."""

from __future__ import annotations

import re

import pytest

from loggers.recipes import recipe
from loggers.runs import all_runs
from runicorn_jupyter import tracking


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.setenv("RUNICORN_DIR", str(tmp_path / "root"))
    yield tmp_path / "root"
    tracking.finish()


def test_the_recipe_prints_as_the_originals_do_and_records(here, capsys):
    exec(compile(recipe("Meters of torchvision's references and of PyTorch's ImageNet example"), "recipe", "exec"), {})
    (run,) = all_runs(here)
    assert run.series("loss") == [(1, 4.0), (2, 2.0), (3, 1.0)]
    assert run.series("test/loss") == [(4, 3.0), (5, 5.0)]
    assert run.values("Loss") == [0.5, 0.25]
    lines = [line for line in capsys.readouterr().out.splitlines() if not line.startswith("runicorn:")]
    number = r"\d+\.\d{4}"
    timing = rf"time: {number}  data: {number}"
    assert re.fullmatch(rf"Epoch: \[0\]  \[0/3\]  eta: 0:00:0\d  loss: 4.0000 \(4.0000\)  {timing}", lines[0])
    assert re.fullmatch(rf"Epoch: \[0\]  \[2/3\]  eta: 0:00:0\d  loss: 2.0000 \(2.3333\)  {timing}", lines[2])
    assert re.fullmatch(rf"Epoch: \[0\] Total time: 0:00:0\d \({number} s / it\)", lines[3])
    assert (
        lines[-2:] == ["Epoch: [1][1/2]\tLoss 0.2500 (0.3750)"] or lines[-1] == "Epoch: [1][1/2]\tLoss 0.2500 (0.3750)"
    )


def test_without_a_run_they_only_print(here, capsys):
    from runicorn.log_compat import AverageMeter, MetricLogger, ProgressMeter

    logger = MetricLogger()
    for _ in logger.log_every(iter([1, 2]), 1):
        logger.update(loss=1.0, name="text")
    ProgressMeter(1, [AverageMeter("x")]).display(0)
    assert not here.exists()
    printed = capsys.readouterr()
    assert "[0]" in printed.out
    assert printed.err.count("'name'") == 1
    assert (logger.loss.count, logger.loss.global_avg) == (2, 1.0)
    with pytest.raises(AttributeError):
        _ = logger.accuracy


def test_meters_agree_with_torch(train):
    """The window's figures against torch's own, and sums over two processes of gloo."""
    source = """
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from runicorn.log_compat.torchvision import SmoothedValue
from runicorn.log_compat.imagenet import AverageMeter
values = torch.rand(31, dtype=torch.float64).tolist()
smoothed = SmoothedValue(window_size=10)
for value in values:
    smoothed.update(value)
window = torch.tensor(values[-10:], dtype=torch.float64)
def work(rank, port, queue):
    dist.init_process_group("gloo", init_method=f"tcp://127.0.0.1:{port}", rank=rank, world_size=2)
    meter, smooth = AverageMeter("x"), SmoothedValue()
    meter.update(torch.tensor(float(rank + 1)), n=2)
    smooth.update(float(rank + 1), n=2)
    meter.all_reduce()
    smooth.synchronize_between_processes()
    queue.put([meter.avg, meter.count, smooth.global_avg, smooth.count])
    dist.destroy_process_group()
if __name__ == "__main__":
    import socket
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0)); port = probe.getsockname()[1]
    context = mp.get_context("spawn")
    queue = context.Queue()
    workers = [context.Process(target=work, args=(rank, port, queue)) for rank in range(2)]
    [worker.start() for worker in workers]
    results = [queue.get(timeout=120) for _ in workers]
    [worker.join() for worker in workers]
    truth = [[smoothed.median, smoothed.avg, smoothed.max, smoothed.value, smoothed.global_avg],
             [window.median().item(), window.mean().item(), window.max().item(), values[-1], sum(values) / 31], results]
"""
    ours, torchs, results = train(source, "truth").truth
    assert ours == pytest.approx(torchs)
    assert results == [[1.5, 4, 1.5, 4]] * 2


def test_the_average_meter_takes_both_argument_orders_and_sums_up():
    from runicorn.log_compat.imagenet import AverageMeter, Summary

    old = AverageMeter("Acc@1", ":6.2f", Summary.AVERAGE)
    new = AverageMeter("Acc@1", True, ":6.2f", Summary.COUNT)
    for meter in (old, new):
        meter.update(50.0, n=3)
        meter.update(100.0)
        meter.update("no number")
    assert (str(old), str(new)) == ("Acc@1 100.00 ( 62.50)",) * 2
    assert (old.summary(), new.summary()) == ("Acc@1 62.500", "Acc@1 4.000")
    assert AverageMeter("x", summary_type=Summary.NONE).summary() == ""


def test_every_name_of_upstreams_log_compat_is_there():
    import runicorn as rn

    assert set(rn.log_compat.__all__) == {
        "AverageMeter",
        "ImagenetAverageMeter",
        "ImagenetProgressMeter",
        "ImagenetSummary",
        "MetricLogger",
        "ProgressMeter",
        "SmoothedValue",
        "Summary",
        "SummaryWriter",
        "TensorboardSummaryWriter",
        "TensorboardXSummaryWriter",
        "TorchvisionMetricLogger",
    }
    assert rn.log_compat.TensorboardXSummaryWriter is not rn.log_compat.SummaryWriter
