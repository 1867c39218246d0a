import json
import logging
import os
import socket
import subprocess
import sys

import jax
import numpy as np
import pytest
from conftest import ROOT, run_module
from parallel_worker import by_name, commands, load_first_layers, loop_config, validate

from jaxcolor import evaluate, listing, model_folder
from jaxcolor.backbones import weights
from jaxcolor.config import InputError
from jaxcolor.metrics import features
from jaxcolor.training import loop, parallel, summary

WORKER = ROOT / "tests" / "parallel_worker.py"
OBJECTIVES = (
    "pix2pix",
    "wgan_clip",
    "wgan_gp",
    "batch_norm_gp",
    "cyclegan",
    "pretrained_bins",
)


def start(devices, *args):
    flags = f"{os.environ['XLA_FLAGS']} --xla_force_host_platform_device_count={devices}"
    return subprocess.Popen(
        [sys.executable, "-W", "error", WORKER, *map(str, args)],
        env={**os.environ, "XLA_FLAGS": flags},
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process):
    _, errors = process.communicate(timeout=900)
    assert process.returncode == 0, errors


def assert_same_run(path, other):
    with np.load(path) as one, np.load(other) as several:
        assert sorted(one) == sorted(several)
        for name in one:
            np.testing.assert_allclose(several[name], one[name], rtol=1e-5, atol=1e-5, err_msg=name)


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    """A folder with what one and eight devices computed, all in one process."""
    folder = tmp_path_factory.mktemp("compared")
    finish(start(8, "compare_devices", folder, *OBJECTIVES))
    return folder


@pytest.mark.parametrize("name", [*OBJECTIVES, "features"])
def test_one_and_eight_devices_agree(name, compared):
    assert_same_run(compared / f"{name}_one.npz", compared / f"{name}_several.npz")


@pytest.mark.parametrize(
    ("name", "convolutions", "reductions", "exact"),
    [("pix2pix", 39, 36, 0), ("wgan_clip", 59, 51, 0), ("wgan_gp", 85, 42, 26)],
)
def test_steps_for_gpus_are_made_of_what_they_need(name, convolutions, reductions, exact, compared):
    counts = json.loads((compared / "operations.json").read_text())[name]
    # Convolutions, reductions over devices, custom calls, products of matrices, and convolutions
    # that are not rounded to TF32: those of the penalty and its derivatives.
    assert counts["one"] == [convolutions, 0, 0, 0, exact]
    assert counts["eight"] == [convolutions, reductions, 0, 0, exact]
    assert counts["kept"] == [0, 0]  # The memory of the whole state is used again.


def test_two_processes_train_score_and_color_as_one_does(
    photos, colorizer, tmp_path, run_main, monkeypatch
):
    model_folder.save(
        tmp_path / "model", colorizer.config, jax.device_get(colorizer._variables), np.float32
    )
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        coordinator = f"127.0.0.1:{server.getsockname()[1]}"
    pair = [
        start(2, "run_all", tmp_path / "pair", tmp_path / f"{i}.npz", coordinator, i)
        for i in range(2)
    ]
    alone = loop.train_and_evaluate(loop_config(), tmp_path / "alone")
    np.savez(tmp_path / "alone.npz", **by_name(jax.device_get(alone)))
    for process in pair:
        finish(process)
    for i in range(2):
        assert_same_run(tmp_path / "alone.npz", tmp_path / f"{i}.npz")
    one, two = (summary.read_scalars(tmp_path / run) for run in ("alone", "pair"))
    np.testing.assert_allclose(two["validation/PSNR"], one["validation/PSNR"], rtol=1e-5)
    kept = [{path.name for path in (tmp_path / run).rglob("*")} for run in ("alone", "pair")]
    assert "step_0000003.png" in kept[0] & kept[1]

    monkeypatch.setattr(weights, "load", load_first_layers)
    monkeypatch.setattr(features, "BATCH", 6)
    whole = validate()
    for i in range(2):
        found = json.loads((tmp_path / f"{i}.json").read_text())
        assert found["validation"] == whole
        assert f"part {i}/2: 6 colored in " in found["said"]
        assert f"part {i}/2: 6 images, written to " in found["said"]
    colored = tmp_path / "colored"
    by_two = {path.relative_to(colored): path.read_bytes() for path in listing.find(colored)}
    parts = sorted((tmp_path / "model").glob("scores_photos.*-of-2.safetensors"))
    for command, arguments in commands(tmp_path).items():
        assert run_main(command, *arguments).returncode == 0
    assert by_two == {
        path.relative_to(colored): path.read_bytes() for path in listing.find(colored)
    }
    merged = run_main(evaluate, "--merge", *parts[::-1], "--json", tmp_path / "merged.json")
    assert merged.returncode == 0, merged.stderr
    one, two = (
        json.loads(path.read_text())
        for path in (tmp_path / "model" / "scores_photos.json", tmp_path / "merged.json")
    )
    for name in ("fps_generator", "fps_files"):
        del one["scores"]["model"][name]
    assert two == one
    assert two["scores"]["model"].keys() > {"PSNR", "FID"}


def test_one_device_describes_itself():
    devices = parallel.Devices()
    assert devices.is_first_process
    assert "1 ×" in devices.describe()
    assert devices.any_process(True)
    assert not devices.any_process(False)


def test_a_coordinator_needs_several_processes():
    with pytest.raises(InputError, match=r"coordinator=localhost:1 .*needs two processes or more"):
        parallel.set_up("localhost:1")


def test_a_coordinator_that_is_none(tmp_path):
    with pytest.raises(InputError, match="--coordinator=node1: must be HOST:PORT of process 0, or"):
        parallel.set_up("node1", 2, 0)
    done = run_module(
        "jaxcolor.train", "--config=quickstart", f"--workdir={tmp_path}", "--coordinator=auto"
    )
    assert done.returncode == 1
    assert "error: --coordinator=auto: coordinator_address should be defined" in done.stderr
    assert "Must be HOST:PORT of process 0, or auto under Slurm" in done.stderr


def test_devices_must_divide_the_batch(monkeypatch):
    monkeypatch.setattr(jax, "device_count", lambda: 8)
    with pytest.raises(InputError, match=r"batch_size=12: 8 devices.*such as 16"):
        parallel.Devices().check_batch_size(12)


def test_a_gpu_that_cannot_be_used_is_named(monkeypatch, capsys):
    found = jax.local_devices()

    def local_devices():
        logging.getLogger("jax._src.xla_bridge").warning("CUDA failed:\n %s", "driver too old")
        return found

    monkeypatch.setattr(jax, "local_devices", local_devices)
    parallel.Devices()
    assert capsys.readouterr().out == "training runs on the CPU: CUDA failed: driver too old\n"
