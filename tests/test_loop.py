import os
import re
import shutil
import signal
import subprocess
import sys

import numpy as np
import pytest
from comparison import assert_trees_close
from conftest import ROOT
from full_disk import files_limited_to

from jaxcolor import config as config_lib
from jaxcolor import images
from jaxcolor.config import InputError
from jaxcolor.data import sources
from jaxcolor.training import loop, parallel
from jaxcolor.training.checkpoint import Checkpoints
from jaxcolor.training.history import History
from jaxcolor.training.summary import Summary, read_scalars
from jaxcolor.training.validation import Validation


@pytest.fixture
def workdir(tmp_path):
    return tmp_path / "run"


def steps_kept(workdir):
    return sorted(int(path.name) for path in (workdir / "checkpoints").iterdir())


def test_stopping_and_resuming_changes_nothing_at_all(config, tmp_path):
    config.data.resize = "crop"
    config.train.ema_decay = 0.9
    config.train.num_steps = 20
    config.train.eval_every = 0
    whole = loop.train_and_evaluate(config, tmp_path / "whole")
    config.train.num_steps = 10
    loop.train_and_evaluate(config, tmp_path / "parts")
    config.train.num_steps = 20
    config.train.log_every = 7
    parts = loop.train_and_evaluate(config, tmp_path / "parts")
    assert parts.step == 20
    assert_trees_close(parts, whole)
    again = loop.train_and_evaluate(config, tmp_path / "parts")
    assert_trees_close(again, whole)


def test_sigterm_saves_and_returns(config, workdir, tmp_path, monkeypatch, capsys):
    config.train.num_steps = 6
    config.train.eval_every = 0
    whole = loop.train_and_evaluate(config, tmp_path / "whole")

    advance, steps = Summary.advance, []

    def advance_and_terminate(self):
        advance(self)
        steps.append(len(steps))
        if len(steps) == 3:
            os.kill(os.getpid(), signal.SIGTERM)

    close = Checkpoints.close

    def terminate_and_close(self):
        os.kill(os.getpid(), signal.SIGTERM)
        close(self)

    previous = signal.getsignal(signal.SIGTERM)
    with monkeypatch.context() as patched:
        patched.setattr(Summary, "advance", advance_and_terminate)
        patched.setattr(Checkpoints, "close", terminate_and_close)
        stopped = loop.train_and_evaluate(config, workdir)
    assert stopped.step == 3
    assert steps_kept(workdir) == [3]
    assert signal.getsignal(signal.SIGTERM) is previous
    assert "stopped by SIGTERM; step 3 is saved" in capsys.readouterr().out
    assert_trees_close(loop.train_and_evaluate(config, workdir), whole)


def test_sigterm_ends_the_command_with_success(tmp_path):
    command = [sys.executable, "-m", "jaxcolor.train", "--config", "configs/quickstart.py"]
    small = ["data.image_size=32", "data.batch_size=2", "train.log_every=1", "train.eval_every=0"]
    process = subprocess.Popen(
        [*command, "--workdir", tmp_path / "run", *(f"--config.{field}" for field in small)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    for line in process.stdout:
        if line.startswith("step 3 "):
            process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    assert steps_kept(tmp_path / "run")[0] >= 3


@pytest.mark.parametrize(
    ("best_metric", "best", "kept"), [("PSNR", 2, [2, 3, 4]), ("MAE", 3, [3, 4]), ("", 4, [3, 4])]
)
def test_best_and_last_checkpoints_are_kept(config, workdir, monkeypatch, best_metric, best, kept):
    scores = {"PSNR": iter([20.0, 30.0, 25.0, 10.0]), "MAE": iter([0.3, 0.2, 0.1, 0.4])}
    monkeypatch.setattr(
        Validation, "__call__", lambda *_: {name: next(values) for name, values in scores.items()}
    )
    config.train.num_steps = 4
    config.train.eval_every = 1
    config.train.best_metric = best_metric
    loop.train_and_evaluate(config, workdir)
    assert steps_kept(workdir) == kept
    checkpoints = Checkpoints(workdir, best_metric)
    assert (checkpoints.best_step(), checkpoints.latest_step()) == (best, 4)
    checkpoints.close()


@pytest.mark.parametrize("best_metric", ["FID_64", "LPIPS"])
def test_a_metric_of_frozen_networks_chooses_the_best(
    config, workdir, seeded_weights, best_metric, capsys
):
    config.train.best_metric = best_metric
    loop.train_and_evaluate(config, workdir)
    assert f"  {best_metric} " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("best_metric", "message"),
    [
        ("psnr", r"best_metric='psnr': must be empty.*PSNR, SSIM"),
        ("colorfulness", r"best_metric='colorfulness': must be empty"),
        ("FID", r"best_metric='FID': .*inception_v3_fid"),
    ],
)
def test_best_metrics_that_cannot_be(config, workdir, best_metric, message):
    config.train.best_metric = best_metric
    config.data.source = "folder"  # Without a path: the metric is checked before the data.
    with pytest.raises(InputError, match=message):
        loop.train_and_evaluate(config, workdir)


def test_a_file_that_breaks_later_stops_the_run_with_a_checkpoint(config, workdir, photos):
    config.data.source, config.data.path = "folder", str(photos)
    config.data.batch_size = 2
    config.data.validation_fraction = config.data.test_fraction = 0.0
    config.train.eval_every = 0
    config.train.num_steps = 12
    victim = photos / "a" / "7.png"
    intact = victim.read_bytes()
    victim.write_bytes(intact[: len(intact) // 2])
    with pytest.raises(InputError, match=r"a/7\.png.*skip_unreadable=true"):
        loop.train_and_evaluate(config, workdir)
    (saved,) = steps_kept(workdir)
    assert 0 < saved < 12
    victim.write_bytes(intact)
    stopped = loop.train_and_evaluate(config, workdir)
    assert_trees_close(stopped, loop.train_and_evaluate(config, workdir.with_name("whole")))


def test_a_validation_file_that_breaks_costs_no_step(config, workdir, photos):
    config.data.source, config.data.path = "folder", str(photos)
    config.data.batch_size = 2
    config.data.validation_fraction, config.data.test_fraction = 0.6, 0.0
    config.train.eval_every = 2
    config.train.num_samples = 1
    victim = sources.open_splits(config.data, ["validation"], 32)["validation"].paths[-1]
    victim.write_bytes(victim.read_bytes()[:300])
    with pytest.raises(InputError, match=victim.name):
        loop.train_and_evaluate(config, workdir)
    assert steps_kept(workdir) == [2]


def test_sigterm_ends_a_start_at_once(config, workdir, monkeypatch):
    monkeypatch.setattr(
        loop.sources, "open_splits", lambda *_: os.kill(os.getpid(), signal.SIGTERM)
    )
    with pytest.raises(SystemExit, match="143"):
        loop.train_and_evaluate(config, workdir)


def test_unreadable_files_are_replaced_and_counted(config, workdir, photos, capsys):
    config.data.source, config.data.path = "folder", str(photos)
    config.data.batch_size = 2
    config.data.validation_fraction = config.data.test_fraction = 0.0
    config.data.skip_unreadable = True
    config.train.eval_every = 0
    config.train.num_steps = 6
    broken = photos / "a" / "7.png"
    broken.write_bytes(broken.read_bytes()[:300])
    loop.train_and_evaluate(config, workdir)
    assert "data/unreadable 1" in capsys.readouterr().out


def test_configuration_weights_and_workdir_are_checked_before_data(config, workdir, monkeypatch):
    loop.train_and_evaluate(config, workdir)

    def open_splits(*_):
        raise AssertionError("data was touched")

    monkeypatch.setattr(loop.sources, "open_splits", open_splits)
    for changes, message in (
        ({"train.log_every": 0}, "log_every"),
        ({"data.batch_size": 8}, "another configuration"),
        ({"objective.clip": 0.1}, "clip=0.1"),
        ({"objective.lambda_lpips": 1.0}, "lpips_vgg"),
        ({"init_from": "nowhere"}, "nowhere"),
    ):
        changed = config.copy_and_resolve_references()
        changed.update_from_flattened_dict(changes)
        folder = workdir if "batch_size" in str(changes) else workdir.with_name("other")
        with pytest.raises(InputError, match=message):
            loop.train_and_evaluate(changed, folder)


def test_a_run_leaves_scalars_samples_and_its_configuration(config, workdir, capsys):
    config.train.num_steps = 4
    config.train.log_every = 2
    config.train.eval_every = 3
    config.train.num_samples = 3
    loop.train_and_evaluate(config, workdir)
    found = {name: dict(values) for name, values in read_scalars(workdir).items()}
    for name in ("G_GAN", "G_L1", "D_real", "D_fake"):
        assert found[name].keys() == {2, 3, 4}
    assert found["validation/PSNR"].keys() == {3, 4}
    assert found["speed/images_per_second"][2] > 0
    assert 0 <= found["speed/waiting_for_data"][2] < 1
    assert sorted(path.name for path in (workdir / "samples").iterdir()) == [
        "step_0000003.png",
        "step_0000004.png",
    ]
    sheet = images.read(workdir / "samples" / "step_0000004.png")
    assert sheet.shape == (3 * 34 + 2, 3 * 34 + 2, 3)
    gray = sheet[2:34, 2:34].astype(int)
    assert np.ptp(gray, axis=-1).max() <= 1
    assert config_lib.load(workdir / "config.json") == config
    output = capsys.readouterr().out
    assert re.search(r"parameters: discriminator [\d,]+, generator [\d,]+;", output)
    assert "step 4  validation/PSNR" in output
    lines = [line for line in output.splitlines() if " D_fake " in line]
    assert len(lines) == 3
    assert len({line.index("G_L1") for line in lines}) == 1, "the columns are not aligned"


def test_epochs_set_the_number_of_steps(config, workdir):
    config.train.num_steps, config.train.num_epochs = 0, 1
    config.train.eval_every = 0
    assert loop.train_and_evaluate(config, workdir).step == 8  # 30 images in batches of 4


def test_epochs_of_the_generator_leave_out_the_images_of_the_critic(config, workdir, tmp_path):
    config.objective.name, config.objective.clip, config.objective.critic_steps = "wgan", 0.01, 3
    config.train.num_steps, config.train.num_epochs, config.train.eval_every = 0, 1, 0
    assert loop.train_and_evaluate(config, workdir).step == 3  # 30 images in threes of batches of 4
    config.train.epoch_of = "generator"
    resumed = loop.train_and_evaluate(config, workdir)
    assert resumed.step == 8
    assert_trees_close(loop.train_and_evaluate(config, tmp_path / "whole"), resumed)


def test_a_loss_that_is_not_finite_stops_with_its_name_and_step(config, workdir):
    config.train.num_steps = 6
    config.train.eval_every = 0
    config.optimizer.generator.learning_rate = 1e38
    with pytest.raises(FloatingPointError, match=r"step [23]: (G_GAN|G_L1|D_fake) is (nan|inf)"):
        loop.train_and_evaluate(config, workdir)
    assert steps_kept(workdir) == []


def test_parameters_that_are_not_finite_are_not_saved(config, workdir, monkeypatch):
    monkeypatch.setattr(History, "drain", lambda self: {})
    config.train.num_steps = 6
    config.train.eval_every = 0
    config.train.checkpoint_every = 1
    config.optimizer.generator.learning_rate = 1e38
    with pytest.raises(FloatingPointError, match=r"step [23]: networks/.* is not finite") as error:
        loop.train_and_evaluate(config, workdir)
    failed = int(str(error.value).split()[1].rstrip(":"))
    assert steps_kept(workdir) == [failed - 1]


def test_a_start_that_failed_leaves_the_workdir_free(config, workdir):
    config.data.batch_size = 64
    with pytest.raises(InputError, match="lower the batch size"):
        loop.train_and_evaluate(config, workdir)
    config.data.batch_size = 4
    assert loop.train_and_evaluate(config, workdir).step == 2


def test_a_failure_loses_no_checkpoint_that_is_being_written(config, workdir, monkeypatch):
    config.train.num_steps = 4
    config.train.eval_every = 0
    config.train.checkpoint_every = 2
    steps = iter(range(4))

    def advance(self):
        if next(steps) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(Summary, "advance", advance)
    with pytest.raises(KeyboardInterrupt):
        loop.train_and_evaluate(config, workdir)
    assert steps_kept(workdir) == [2]


def test_other_images_are_refused(config, workdir, photos):
    config.data.source, config.data.path = "folder", str(photos)
    config.data.batch_size = 2
    config.data.validation_fraction = config.data.test_fraction = 0.0
    config.train.eval_every = 0
    loop.train_and_evaluate(config, workdir)
    shutil.copy(next(photos.rglob("*.png")), photos / "another.png")
    config.train.num_steps = 4
    with pytest.raises(InputError, match=r"began with training images = \d+, and now it is \d+"):
        loop.train_and_evaluate(config, workdir)


def test_another_configuration_is_refused_field_by_field(config, workdir):
    loop.train_and_evaluate(config, workdir)
    config.generator.num_filters = 8
    config.seed = 3
    with pytest.raises(InputError) as error:
        loop.train_and_evaluate(config, workdir)
    assert "config.generator.num_filters: was 4, is 8" in str(error.value)
    assert "config.seed: was 0, is 3" in str(error.value)
    assert config_lib.load(workdir / "config.json").seed == 0


def test_a_run_cannot_be_shortened_below_what_is_done(config, workdir):
    config.train.num_steps = 2
    loop.train_and_evaluate(config, workdir)
    config.train.num_steps = 1
    with pytest.raises(InputError, match=r"num_steps=1: .*at step 2 of 1 already"):
        loop.train_and_evaluate(config, workdir)
    assert config_lib.load(workdir / "config.json").train.num_steps == 2


def test_half_written_checkpoint(config, workdir):
    loop.train_and_evaluate(config, workdir)
    for path in (workdir / "checkpoints" / "2" / "state" / "d").iterdir():
        path.write_bytes(path.read_bytes()[:100])
    config.train.num_steps = 4
    with pytest.raises(InputError, match=r"checkpoints/2: .*damaged or half-written"):
        loop.train_and_evaluate(config, workdir)


def test_what_a_killed_save_left_is_cleared_away(config, workdir):
    loop.train_and_evaluate(config, workdir)
    left = workdir / "checkpoints" / "3.orbax-checkpoint-tmp"
    shutil.copytree(workdir / "checkpoints" / "2", left)
    config.train.num_steps = 3
    assert loop.train_and_evaluate(config, workdir).step == 3
    assert not left.exists()


def test_a_full_disk_costs_the_newest_checkpoint_only(config, workdir):
    config.train.eval_every = 0
    loop.train_and_evaluate(config, workdir)
    config.train.num_steps = 4
    script = (
        "import resource, sys, pathlib\n"
        "from jaxcolor import config as c\n"
        "from jaxcolor.training import loop\n"
        "config = c.load(pathlib.Path(sys.argv[1]) / 'config.json')\n"
        "config.train.num_steps = 4\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))\n"
        "try:\n"
        "    loop.train_and_evaluate(config, pathlib.Path(sys.argv[1]))\n"
        "except c.InputError as error:\n"
        "    sys.exit(f'error: {error}')\n"
    )
    process = subprocess.run(
        [sys.executable, "-c", script, workdir],
        capture_output=True,
        text=True,
        env={**os.environ, "JAX_COMPILATION_CACHE_DIR": ""},
    )
    assert process.returncode == 1
    assert "could not be written" in process.stderr
    assert "the checkpoint of step 2 is intact" in process.stderr
    assert loop.train_and_evaluate(config, workdir).step == 4


@pytest.mark.usefixtures("capsys")  # What is printed must not go to a limited file.
def test_a_full_disk_is_heard_of_when_events_are_written(tmp_path):
    summary = Summary(tmp_path, 0, 1000, enabled=True)
    many = {f"loss {i}": 0.1 for i in range(1000)}
    with files_limited_to(2000), pytest.raises(InputError, match="cannot be written to: File too"):
        summary.scalars(1, many)
    summary.close()


def test_a_full_disk_leaves_the_configuration_whole(config, tmp_path):
    path = tmp_path / "config.json"
    config_lib.save(config, path)
    with files_limited_to(100), pytest.raises(OSError, match="File too large"):
        config_lib.save(config, path)
    assert config_lib.load(path) == config
    assert list(tmp_path.iterdir()) == [path]


def test_workdirs_that_cannot_be_used(config, workdir, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written to: Not a directory"):
        loop.train_and_evaluate(config, tmp_path / "file" / "run")
    loop.train_and_evaluate(config, workdir)
    (workdir / "config.json").write_text("{]")
    with pytest.raises(InputError, match="not a configuration"):
        loop.train_and_evaluate(config, workdir)
    (workdir / "config.json").unlink()
    with pytest.raises(InputError, match=r"config\.json: No such file"):
        loop.train_and_evaluate(config, workdir)


def test_an_empty_validation_split_can_be_done_without(config, workdir):
    config.data.validation_fraction = 0.0
    with pytest.raises(InputError, match=r"the validation split.*eval_every=0"):
        loop.train_and_evaluate(config, workdir)
    config.train.eval_every = 0
    assert loop.train_and_evaluate(config, workdir).step == 2


def test_compiled_programs_are_kept_where_the_environment_says(monkeypatch):
    names = ("JAX_COMPILATION_CACHE_DIR", "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS")
    for name in names:
        monkeypatch.setenv(name, "something")
    changed = {}
    monkeypatch.setattr(parallel.jax.config, "update", changed.__setitem__)
    parallel.set_up()
    assert changed == {}
    for name in names:
        monkeypatch.delenv(name)
    parallel.set_up()
    assert changed["jax_compilation_cache_dir"].endswith(".cache/jaxcolor")
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", "something")
    monkeypatch.setenv("JAXCOLOR_CACHE", "other")
    parallel.set_up()
    assert changed["jax_compilation_cache_dir"] == "other"
    assert changed["jax_persistent_cache_min_compile_time_secs"] == 0.1
