"""A run that is killed again and again.

    JAXCOLOR_TESTS_KILLS=50 pytest tests/test_kills.py

kills it so many times instead of three.
"""

import os
import random
import subprocess
import sys

from comparison import assert_trees_close
from conftest import ROOT, tiny_config

from jaxcolor.training import loop, summary

KILLS = int(os.environ.get("JAXCOLOR_TESTS_KILLS", "3"))
SCRIPT = """
import pathlib, sys
from conftest import tiny_config
from test_kills import configure
from jaxcolor.training import loop
loop.train_and_evaluate(configure(int(sys.argv[2])), pathlib.Path(sys.argv[1]))
"""


def configure(num_steps):
    """Saves and scores at every step."""
    config = tiny_config()
    config.train.num_steps = num_steps
    config.train.log_every = config.train.checkpoint_every = 1
    config.train.eval_every = 2
    config.train.ema_decay = 0.9
    return config


def start(workdir, num_steps):
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, workdir, str(num_steps)],
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'tests'}:{ROOT}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def test_kills_change_nothing(tmp_path):
    rng = random.Random(0)
    # Lines after which it is killed; the first says where it starts. Two kills in a row come before
    # the second of them has made a step.
    lines = [rng.randint(2, 5) for _ in range(KILLS)]
    for second in range(1, KILLS, 25):
        lines[second] = 1
    num_steps = sum(lines)
    whole = start(tmp_path / "whole", num_steps)
    for count in lines:
        with start(tmp_path / "killed", num_steps) as process:
            for _ in range(count):
                assert process.stdout.readline()
            process.kill()
    with start(tmp_path / "killed", num_steps) as process:
        process.communicate()
    whole.communicate()
    killed, one = (
        loop.train_and_evaluate(configure(num_steps), tmp_path / run) for run in ("killed", "whole")
    )
    assert killed.step == num_steps
    assert_trees_close(killed, one)
    scores, expected = (
        {
            name: values
            for name, values in summary.read_scalars(tmp_path / run).items()
            if not name.startswith("speed/")
        }
        for run in ("killed", "whole")
    )
    assert scores == expected
