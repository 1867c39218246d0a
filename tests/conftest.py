"""Strict numerics for every test, and small things that many need."""

import atexit
import gc
import importlib.metadata
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

# Programs that several tests compile are compiled once, here and in the processes they start.
_COMPILED = os.environ.get("JAXCOLOR_TESTS_COMPILED", "")
if not _COMPILED:
    _COMPILED = tempfile.mkdtemp(prefix="jaxcolor-tests-")
    atexit.register(shutil.rmtree, _COMPILED, ignore_errors=True)
    os.environ["JAXCOLOR_TESTS_COMPILED"] = _COMPILED
os.environ["JAX_COMPILATION_CACHE_DIR"] = _COMPILED
os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0.1"
# Compiling takes most of the tests' time; these divide it by three and leave the meaning alone.
os.environ["JAX_DISABLE_MOST_OPTIMIZATIONS"] = "1"
os.environ.setdefault("XLA_FLAGS", "")
os.environ["XLA_FLAGS"] += " --xla_cpu_parallel_codegen_split_count=1"
if importlib.metadata.version("jaxlib") < "0.11":  # Later ones do not know the flag and stop.
    os.environ["XLA_FLAGS"] += " --xla_cpu_use_fusion_emitters=false"
# No test depends on weights that happen to lie on the machine.
os.environ["HOME"] = _COMPILED

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402
import pytest  # noqa: E402
import seeded_networks  # noqa: E402
from PIL import Image  # noqa: E402

from jaxcolor import color, images, inference, models  # noqa: E402
from jaxcolor import config as config_lib  # noqa: E402
from jaxcolor.backbones import weights  # noqa: E402
from jaxcolor.metrics import features  # noqa: E402

jax.config.update("jax_numpy_rank_promotion", "raise")
# Tracing makes many small objects, nearly all of which live as long as their program.
gc.set_threshold(100_000, 50, 50)

ROOT = pathlib.Path(__file__).parent.parent
# For whole networks: what draws by this kind of key compiles in a quarter of the time.
INIT_KEY = jax.random.key(0, impl="rbg")


def tiny_config():
    """A configuration that trains within seconds."""
    config = config_lib.get_config()
    config.data.image_size = 32
    config.data.batch_size = 4
    config.data.num_scenes = 40
    config.data.validation_fraction = 0.15
    config.data.num_threads = 2
    config.generator.num_filters = 4
    config.discriminator.num_filters = 4
    config.discriminator.num_layers = 1
    config.train.num_steps = 2
    return config


@pytest.fixture
def config():
    return tiny_config()


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


def first_variables(generator, image_size):
    """Draws a generator's variables, NumPy arrays."""
    return jax.device_get(jax.jit(lambda: generator.init(INIT_KEY, image_size))())


def picture(height, width):
    """A smooth picture, `[height, width, 3]` uint8, of medium lightness and colors in gamut."""
    small = np.random.default_rng(0).integers(60, 190, (4, 4, 3), dtype=np.uint8)
    return images.resize(small, height, width)


def lightness(pixels):
    """L of `[H, W, 3]` uint8."""
    return np.asarray(color.rgb_to_lab(jnp.asarray(pixels / 255, jnp.float32)))[..., 0]


@pytest.fixture(scope="session")
def colorizer():
    """A colorizer of strong, arbitrary colors that all lie within sRGB for middle grays."""
    config = tiny_config()
    variables = first_variables(models.build_generator(config), config.data.image_size)
    last = variables["params"]["up_0"]
    last["kernel"], last["bias"] = 3 * last["kernel"], np.array([0.1, -0.1], np.float32)
    return inference.Colorizer(config, variables)


class _Drawn(dict):
    def __missing__(self, name):
        self[name] = dict(seeded_networks.registered(name))
        return self[name]


@pytest.fixture
def seeded_weights(monkeypatch):
    """Weights drawn by name, as if installed on this machine; tests may change the tensors.

    Inception takes small batches, to which its images are padded.
    """
    tensors = _Drawn()
    monkeypatch.setattr(features, "BATCH", 6)

    def load(name):
        assert name in weights.WEIGHTS
        return weights.Loaded(tensors[name], f"{name} hash", pathlib.Path(f"{name}.npz"))

    monkeypatch.setattr(weights, "load", load)
    monkeypatch.setattr(weights, "find", lambda name: (None, load(name).path))
    return tensors


@pytest.fixture
def inception_weights(seeded_weights, monkeypatch, tmp_path):
    """Weights of Inception, and no features of earlier evaluations."""
    monkeypatch.setenv("HOME", str(tmp_path))
    return seeded_weights["inception_v3_fid"]


@pytest.fixture
def first_layers(inception_weights):
    """Weights of Inception's first layers alone."""
    tensors = inception_weights
    for name in [name for name in tensors if name.startswith(("Mixed", "fc"))]:
        del tensors[name]
    return tensors


@pytest.fixture
def run_main(monkeypatch, capsys):
    """Runs a command's `main` in this process, as `run_module` does in one of its own."""

    def run(module, *args) -> subprocess.CompletedProcess:
        monkeypatch.setattr(sys, "argv", [module.__name__, *map(str, args)])
        capsys.readouterr()
        code, message = 0, ""
        try:
            module.main()
        except SystemExit as stop:  # Python prints what is no number, and ends with 1.
            code, message = (stop.code, "") if isinstance(stop.code, int) else (1, stop.code)
        output, errors = capsys.readouterr()
        return subprocess.CompletedProcess(args, code, output, errors + message)

    return run


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


@pytest.fixture(scope="module")
def browser():
    """A headless Chromium."""
    sync_api = pytest.importorskip("playwright.sync_api")
    names = ("chromium", "chromium-browser", "google-chrome")
    if not (path := next(filter(None, map(shutil.which, names)), None)):
        pytest.skip("there is no Chromium on this machine")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()
