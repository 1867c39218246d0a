"""Strict numerics for every test, and small things that many need."""

import atexit
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

# Programs that several tests compile are compiled once, here and in the processes they start.
_COMPILED = tempfile.mkdtemp(prefix="jaxcolor-tests-")
atexit.register(shutil.rmtree, _COMPILED, ignore_errors=True)
os.environ["JAX_COMPILATION_CACHE_DIR"] = _COMPILED
os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0.5"
# Compiling takes most of the tests' time; this halves it and leaves the meaning alone.
os.environ["JAX_DISABLE_MOST_OPTIMIZATIONS"] = "1"
# No test depends on weights that happen to lie on the machine.
os.environ["HOME"] = _COMPILED

import jax  # noqa: E402
import numpy as np  # noqa: E402
import pytest  # noqa: E402
from PIL import Image  # noqa: E402

from jaxcolor import config as config_lib  # noqa: E402

jax.config.update("jax_numpy_rank_promotion", "raise")

ROOT = pathlib.Path(__file__).parent.parent


@pytest.fixture
def config():
    """A configuration that trains within seconds."""
    config = config_lib.get_config()
    config.data.image_size = 32
    config.data.batch_size = 4
    config.data.num_scenes = 40
    config.data.validation_fraction = 0.15
    config.data.num_threads = 2
    config.generator.num_filters = 4
    config.discriminator.num_filters = 4
    config.train.num_steps = 2
    return config


@pytest.fixture
def photos(tmp_path):
    """A folder of 12 small pictures, in a tree of two levels."""
    folder = tmp_path / "photos"
    rng = np.random.default_rng(0)
    for i in range(12):
        path = folder / ("a" if i % 2 else "b") / f"{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (40, 48, 3), dtype=np.uint8)).save(path)
    return folder


@pytest.fixture(scope="session")
def inception_weights():
    """The weights of the FID Inception, drawn by name."""
    from test_backbones import seeded_tensors

    from jaxcolor.backbones import inception_v3, weights

    tensors = seeded_tensors(inception_v3.InceptionV3(inception_v3.TAPS), 96)
    return weights.Loaded(tensors, "abc", pathlib.Path("seeded.npz"))


def run_module(module, *args, **environment) -> subprocess.CompletedProcess:
    """Runs `python -m MODULE ARGS…` from the project's root to its end."""
    return subprocess.run(
        [sys.executable, "-m", module, *map(str, args)],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )
