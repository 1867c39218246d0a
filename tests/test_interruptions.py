import os
import re
import shutil
import signal
import subprocess
import sys

import jax
import pytest
from comparison import assert_trees_close
from conftest import ROOT, run_module

from jaxcolor.config import InputError
from jaxcolor.training import loop
from jaxcolor.training.interruption import Interruption
from jaxcolor.training.summary import Summary


@pytest.fixture
def workdir(tmp_path):
    return tmp_path / "run"


@pytest.fixture
def photo_config(config, photos):
    """12 photographs, 6 steps of which make an epoch; nothing is saved before the end."""
    config.data.source, config.data.path = "folder", str(photos)
    config.data.batch_size = 2
    config.data.validation_fraction = config.data.test_fraction = 0.0
    config.train.eval_every = 0
    config.train.num_steps = 30
    return config


def steps_kept(workdir):
    return sorted(int(path.name) for path in (workdir / "checkpoints").iterdir())


def at_step(number, action, monkeypatch):
    """Acts after so many steps of this process."""
    advance, steps = Summary.advance, []

    def advance_and_act(self):
        advance(self)
        steps.append(len(steps))
        if len(steps) == number:
            action()

    monkeypatch.setattr(Summary, "advance", advance_and_act)


@pytest.mark.parametrize("name", ["SIGINT", "SIGHUP", "SIGTERM"])
def test_a_signal_saves_and_says_so(config, workdir, monkeypatch, capsys, name):
    config.train.num_steps, config.train.eval_every = 6, 0
    number = signal.Signals[name]
    # A shell has its background jobs ignore Ctrl-C.
    before = signal.signal(number, signal.SIG_DFL)
    at_step(3, lambda: os.kill(os.getpid(), number), monkeypatch)
    try:
        assert loop.train_and_evaluate(config, workdir).step == 3
        assert signal.getsignal(number) is signal.SIG_DFL
    finally:
        signal.signal(number, before)
    assert steps_kept(workdir) == [3]
    assert capsys.readouterr().out.splitlines()[-1] == (
        f"stopped by {name}; step 3 is saved, start again to resume"
    )


def test_a_second_ctrl_c_ends_the_process_at_once():
    script = (
        "import os, signal\n"
        "from jaxcolor.training.interruption import Interruption\n"
        "signal.signal(signal.SIGINT, signal.SIG_DFL)\n"
        "with Interruption() as interruption:\n"
        "    interruption.defer()\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    print(interruption.name, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    print('still here', flush=True)\n"
    )
    process = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True
    )
    assert process.returncode == -signal.SIGINT
    assert (process.stdout, process.stderr) == ("SIGINT\n", "")


def test_what_is_ignored_stays_ignored(monkeypatch):
    previous = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Interruption() as interruption:
            os.kill(os.getpid(), signal.SIGHUP)
            assert not interruption.name
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, previous)


def test_a_folder_that_vanishes_costs_no_step(photo_config, workdir, photos, monkeypatch, capsys):
    photo_config.data.cache = 0.0  # Images in memory would outlive the folder.
    away = photos.with_name("away")
    at_step(4, lambda: shutil.move(photos, away), monkeypatch)
    with pytest.raises(InputError, match="No such file"):
        loop.train_and_evaluate(photo_config, workdir)
    (saved,) = steps_kept(workdir)
    assert saved >= 4
    assert f"\nstep {saved} is saved, start again to resume\n" in capsys.readouterr().out
    shutil.move(away, photos)
    resumed = loop.train_and_evaluate(photo_config, workdir)
    assert_trees_close(resumed, loop.train_and_evaluate(photo_config, workdir.with_name("whole")))


@pytest.mark.parametrize("error", [OSError("broken pipe"), RuntimeError("a defect")])
def test_whatever_ends_the_loop_costs_no_step(config, workdir, monkeypatch, capsys, error):
    config.train.num_steps, config.train.eval_every = 6, 0

    def fail():
        raise error

    at_step(3, fail, monkeypatch)
    with pytest.raises(type(error), match=str(error)):
        loop.train_and_evaluate(config, workdir)
    assert "\nstep 3 is saved, start again to resume\n" in capsys.readouterr().out
    assert steps_kept(workdir) == [3]


def test_what_is_not_finite_is_not_saved_whatever_ends_the_loop(
    config, workdir, monkeypatch, capsys
):
    config.train.num_steps, config.train.eval_every = 6, 0
    config.optimizer.generator.learning_rate = 1e38

    def fail():
        raise OSError("broken pipe")

    at_step(4, fail, monkeypatch)
    with pytest.raises(OSError, match="broken pipe"):
        loop.train_and_evaluate(config, workdir)
    last_line = capsys.readouterr().out.splitlines()[-1]
    assert re.match("steps 1 to 4 are not saved: step .*(nan|inf|not finite)", last_line)
    assert steps_kept(workdir) == []


def test_a_checkpoint_folder_that_cannot_be_written_ends_the_run(config, workdir, monkeypatch):
    config.train.num_steps, config.train.eval_every = 4, 0

    def replace():
        shutil.rmtree(workdir / "checkpoints")
        (workdir / "checkpoints").write_text("")

    at_step(3, replace, monkeypatch)
    # A folder that was waited for would take five minutes.
    with pytest.raises(InputError, match=r"could not be written \(.*Not a directory.*none is"):
        loop.train_and_evaluate(config, workdir)


def test_memory_that_does_not_suffice_is_named_with_the_batch(config, workdir, monkeypatch, capsys):
    config.train.eval_every = 0

    def fail():
        raise jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 9 bytes.\nx")

    at_step(1, fail, monkeypatch)
    with pytest.raises(
        InputError,
        match=r"batch_size=4: the memory of 1 × .* \(RESOURCE.* 9 bytes\.\).*smaller batch",
    ):
        loop.train_and_evaluate(config, workdir)
    assert "\nstep 1 is saved, start again to resume\n" in capsys.readouterr().out


def test_a_renamed_image_is_noticed(photo_config, workdir, photos):
    photo_config.train.num_steps = 2
    loop.train_and_evaluate(photo_config, workdir)
    (photos / "a" / "7.png").rename(photos / "a" / "8.png")
    photo_config.train.num_steps = 4
    with pytest.raises(InputError, match="began with sha256 of the training images' paths"):
        loop.train_and_evaluate(photo_config, workdir)


def test_an_empty_workdir_is_refused(tmp_path):
    process = run_module("jaxcolor.train", "--config", "configs/quickstart.py", "--workdir=")
    assert process.returncode == 1
    assert process.stderr == "error: --workdir= is empty; name a folder, or . for the current one\n"


def test_a_gpu_that_is_asked_for_and_not_there(tmp_path):
    process = run_module(
        "jaxcolor.train",
        "--config=configs/quickstart.py",
        f"--workdir={tmp_path}",
        JAX_PLATFORMS="cuda",
    )
    assert process.returncode == 1
    assert process.stderr.startswith("error: JAX_PLATFORMS=cuda: no such device can be used: ")
    assert "Traceback" not in process.stderr
