"""Several processes of a run when one of them fails, and other numbers of devices."""

import contextlib
import os
import signal
import socket
import subprocess
import sys

import jax
import numpy as np
import pytest
from conftest import ROOT
from parallel_worker import by_name, loop_config

from jaxcolor.training import loop

# A run on one device and on several agree to rounding, as test_parallel.py says.
TOLERANCE = {"rtol": 1e-5, "atol": 1e-5}


def assert_same(state, other):
    one, two = (by_name(jax.device_get(tree)) for tree in (state, other))
    for name, value in one.items():
        np.testing.assert_allclose(two[name], value, **TOLERANCE, err_msg=name)


@pytest.fixture
def photo_config(photos):
    config = loop_config()
    config.data.source, config.data.path = "folder", str(photos)
    config.data.batch_size = 4
    config.data.validation_fraction = config.data.test_fraction = 0.0
    config.train.eval_every = 0
    config.train.log_every = 1
    config.train.num_steps = 40
    return config


@contextlib.contextmanager
def trained_by_two(config, workdir):
    """Runs the train command as two processes with a device each, until the block ends."""
    config_file = workdir.with_suffix(".py")
    config_file.write_text(
        "import json\n"
        "from jaxcolor import config as defaults\n"
        "def get_config():\n"
        "    config = defaults.get_config()\n"
        f"    config.update(json.loads({config.to_json()!r}))\n"
        "    return config\n"
    )
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        coordinator = f"127.0.0.1:{server.getsockname()[1]}"
    pair = [
        subprocess.Popen(
            [
                *(sys.executable, "-m", "jaxcolor.train", "--config", config_file),
                *(f"--workdir={workdir}", f"--coordinator={coordinator}"),
                *("--num_processes=2", f"--process_id={i}"),
            ],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for i in range(2)
    ]
    try:
        yield pair
    finally:
        for process in pair:
            process.kill()
            process.communicate()


def test_a_file_that_is_broken_for_one_process_ends_both_saved(photo_config, photos, tmp_path):
    victim = photos / "a" / "7.png"
    intact = victim.read_bytes()
    victim.write_bytes(intact[: len(intact) // 2])
    with trained_by_two(photo_config, tmp_path / "pair") as pair:
        ends = [process.communicate(timeout=300) for process in pair]
    assert [process.returncode for process in pair] == [1, 1]
    failed = next(i for i in range(2) if "is saved, start again to resume" in ends[i][0])
    (saved,) = (int(path.name) for path in (tmp_path / "pair" / "checkpoints").iterdir())
    assert ends[failed][0].endswith(f"step {saved} is saved, start again to resume\n")
    assert f"error: {victim}: " in ends[failed][1]
    assert f"error: process {failed} failed: {victim}: " in ends[1 - failed][1]
    assert f"step {saved} is saved" in ends[1 - failed][1]
    victim.write_bytes(intact)
    photo_config.train.num_steps = saved + 2
    resumed = loop.train_and_evaluate(photo_config, tmp_path / "pair")
    assert_same(resumed, loop.train_and_evaluate(photo_config, tmp_path / "whole"))


@pytest.mark.parametrize("killed", [0, 1])
def test_a_killed_process_ends_the_other(photo_config, tmp_path, killed):
    photo_config.train.num_steps = 100_000
    with trained_by_two(photo_config, tmp_path / "pair") as pair:
        for line in pair[0].stdout:
            if line.startswith("step 3 "):
                break
        pair[killed].kill()
        _, errors = pair[1 - killed].communicate(timeout=60)
        assert pair[1 - killed].returncode not in (0, -signal.SIGKILL)
    # If process 0 is gone, JAX itself ends the others.
    assert ("another process of the run ended", "distributed service")[killed == 0] in errors


def test_a_run_resumes_on_any_number_of_devices(tmp_path):
    config = loop_config()
    config.train.eval_every = 0
    for steps, devices in ((1, 1), (2, 2), (3, 4), (4, 1)):
        config.train.num_steps = steps
        if devices == 1:
            changed = loop.train_and_evaluate(config, tmp_path / "changed")
        else:
            flags = f"{os.environ['XLA_FLAGS']} --xla_force_host_platform_device_count={devices}"
            worker = ROOT / "tests" / "parallel_worker.py"
            subprocess.run(
                [
                    sys.executable,
                    worker,
                    "resume",
                    tmp_path / "changed",
                    str(config.train.num_steps),
                ],
                env={**os.environ, "XLA_FLAGS": flags},
                check=True,
            )
    assert_same(changed, loop.train_and_evaluate(config, tmp_path / "whole"))
