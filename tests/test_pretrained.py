"""The model in the package: its files, coloring with it, and how it is made from a run."""

import json
import re
import subprocess
import sys

import export_pretrained
import jax
import numpy as np
import optax
import pytest
from conftest import ROOT, first_variables, tiny_config

from jaxcolor import colorize, evaluate, images, listing, model_folder, models, pretrained
from jaxcolor import config as config_lib
from jaxcolor.config import InputError
from jaxcolor.inference import Colorizer
from jaxcolor.objectives.state import NetworkState, TrainState
from jaxcolor.training.checkpoint import Checkpoints


@pytest.fixture(scope="module")
def variables():
    config = tiny_config()
    return first_variables(models.build_generator(config), config.data.image_size)


@pytest.fixture
def model(config, variables, monkeypatch, tmp_path):
    """A small model, as if it were the one in the package."""
    folder = tmp_path / "pretrained"
    model_folder.save(folder, config, variables, np.float16)
    monkeypatch.setattr(pretrained, "FOLDER", folder)
    return folder


def rounded(tree):
    return jax.tree.map(lambda leaf: leaf.astype(np.float16).astype(np.float32), tree)


def assert_equal(tree, other):
    assert jax.tree.structure(tree) == jax.tree.structure(other)
    jax.tree.map(np.testing.assert_array_equal, tree, other)


@pytest.mark.parametrize("name", [model_folder.CONFIG_FILE, model_folder.WEIGHTS_FILE])
def test_a_missing_file_is_named(model, name):
    (model / name).unlink()
    with pytest.raises(InputError, match=rf"pretrained/{name}: no such file; install"):
        Colorizer.from_pretrained()


@pytest.mark.parametrize("name", [model_folder.CONFIG_FILE, model_folder.WEIGHTS_FILE])
@pytest.mark.parametrize(
    "damage",
    [lambda data: data[:-100], lambda data: b"\x93" + data, lambda data: b""],
    ids=["truncated", "garbled", "empty"],
)
def test_a_damaged_file_is_named(model, name, damage):
    path = model / name
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(InputError, match=rf"pretrained/{name}: (damaged|not a configuration)"):
        Colorizer.from_pretrained()


def test_a_tensor_that_is_not_finite_is_named(model):
    path = model / model_folder.WEIGHTS_FILE
    data = path.read_bytes()
    path.write_bytes(data[:-2] + np.float16(np.nan).tobytes())
    with pytest.raises(InputError, match=r"model\.safetensors: params/\S+ is not finite"):
        Colorizer.from_pretrained()


@pytest.mark.parametrize("change", ["removed", "added", "of another shape"])
def test_weights_that_do_not_fit_the_configuration(model, config, variables, change):
    params = dict(variables["params"])
    if change == "removed":
        del params["up_0"]
    elif change == "added":
        params["up_9"] = {"kernel": np.zeros(3, np.float32)}
    else:
        params["up_0"] = {**params["up_0"], "bias": np.zeros(7, np.float32)}
    model_folder.save(model, config, {**variables, "params": params}, np.float16)
    with pytest.raises(InputError, match=r"model\.safetensors: does not fit .* params/up_[09]/"):
        Colorizer.from_pretrained()


def test_colorize_without_a_checkpoint(model, config, variables, photos, run_main, tmp_path):
    done = run_main(colorize, photos, "--output", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    first = listing.find(photos)[0]
    np.testing.assert_array_equal(
        images.read(tmp_path / "out" / first.relative_to(photos)),
        Colorizer(config, rounded(variables))(images.read(first)),
    )


def test_colorize_without_a_checkpoint_and_without_a_model(model, photos, run_main, tmp_path):
    (model / model_folder.WEIGHTS_FILE).unlink()
    refused = run_main(colorize, photos, "--output", tmp_path / "out")
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"error: {model / model_folder.WEIGHTS_FILE}: no such file")


def test_evaluate_without_a_run(model, config, variables, photos, run_main, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    before = set(tmp_path.rglob("*"))
    done = run_main(evaluate, "--data", "photos")
    assert done.returncode == 0, done.stderr
    assert "\ncheckpoint: the model in the package, sha256 " in done.stdout
    assert "written to" not in done.stdout
    assert set(tmp_path.rglob("*")) == before

    done = run_main(evaluate, "--data", "photos", "--json", "scores.json")
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "scores.json").read_text())
    assert (found["data"], found["images"]) == ("photos", "12")
    colorizer = Colorizer(config, rounded(variables))
    truth = [images.resize(images.read(path), 32, 32) for path in listing.find(photos)]
    errors = [np.abs(colorizer.predict(t[None])[0] / 255 - t / 255).mean() for t in truth]
    assert found["scores"]["model"]["MAE"]["mean"] == pytest.approx(np.mean(errors), rel=1e-3)


def test_the_last_checkpoint_is_one_of_a_run(model, photos, run_main, tmp_path):
    refused = run_main(colorize, photos, "--last", "--output", tmp_path / "out")
    assert refused.returncode == 2
    assert "--last needs --model" in refused.stderr


def test_nothing_is_imported_that_only_training_needs(model, tmp_path):
    images.write(tmp_path / "a.png", np.zeros((8, 8, 3), np.uint8))
    code = (
        "import sys\n"
        "from jaxcolor import __main__\n"
        "__main__.main()\n"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "colorize", tmp_path / "a.png", "--model", model],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    assert (tmp_path / "a.color.png").is_file()
    training = {"orbax", "grain", "clu", "tensorflow_datasets", "array_record", "tensorboardX"}
    others = {"optax", "matplotlib", "tensorflow", "torch", "scipy", "pandas", "skimage", "av"}
    assert not (training | others) & set(done.stdout.split())


@pytest.fixture
def workdir(config, variables, tmp_path):
    """A run whose best checkpoint's moving average is `variables`, and its last one's is gray."""
    config.train.ema_decay = 0.5
    config.data.path = "/home/me/photos"
    zeros = jax.tree.map(np.zeros_like, variables)
    networks = {"generator": NetworkState.create(zeros, optax.identity())}
    folder = tmp_path / "run"
    config_lib.save(config, folder / "config.json")
    checkpoints = Checkpoints(folder, "PSNR", create=True)
    for step, average, score in ((1, variables, 20.0), (2, zeros, 10.0)):
        state = TrainState(np.int32(step), networks, average, {}, 0.5)
        checkpoints.save(step, state, {"config": config.to_dict()}, {"PSNR": score})
    checkpoints.close()
    return folder


def test_the_best_average_of_a_run_is_exported(workdir, variables, photos, run_main, tmp_path):
    output = tmp_path / "exported"
    done = run_main(
        *(export_pretrained, "--model", workdir, "--output", output),
        *listing.find(photos)[:2],
    )
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in output.iterdir()) == ["config.json", "model.safetensors"]
    assert "/home/me" not in (output / "config.json").read_text()
    _, _, exported = model_folder.load(output)
    assert_equal(exported, rounded(variables))
    count = sum(leaf.size for leaf in jax.tree.leaves(variables))
    assert f"model.safetensors: {count:,} parameters, " in done.stdout
    assert "float16 against float32 on 2 images: largest difference " in done.stdout


def test_the_last_average_of_a_run_is_exported(workdir, variables, run_main, tmp_path):
    output = tmp_path / "exported"
    done = run_main(export_pretrained, "--model", workdir, "--last", "--output", output)
    assert done.returncode == 0, done.stderr
    _, _, exported = model_folder.load(output)
    assert_equal(exported, jax.tree.map(np.zeros_like, variables))
    assert "on 16 images: largest difference 0 of 255, lowest PSNR inf dB" in done.stdout


def test_a_generator_that_needs_other_weights_is_not_exported(
    workdir, config, run_main, monkeypatch, tmp_path
):
    generator = models.build_generator(config)
    monkeypatch.setattr(
        models,
        "build_generator",
        lambda config: models.Generator(generator.network, frozen={"embedding": {}}),
    )
    output = tmp_path / "exported"
    done = run_main(export_pretrained, "--model", workdir, "--output", output)
    assert done.returncode == 1
    assert "needs the frozen networks embedding, which the file does not hold" in done.stderr
    assert not output.exists()


def test_a_generator_too_large_for_the_package_is_not_exported(
    workdir, run_main, monkeypatch, tmp_path
):
    monkeypatch.setattr(export_pretrained, "MAX_BYTES", 1000)
    output = tmp_path / "exported"
    done = run_main(export_pretrained, "--model", workdir, "--output", output)
    assert done.returncode == 1
    assert re.search(r"takes 0\.\d MB in float16; at most 0 MB go into the package", done.stderr)
    assert not output.exists()
