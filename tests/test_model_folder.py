"""Model folders: what is written is read, by every command that takes a model."""

import json
import re

import jax
import numpy as np
import pytest
import safetensors.numpy
from comparison import assert_trees_close
from conftest import first_variables, tiny_config

from jaxcolor import colorize, evaluate, images, listing, model_folder, models
from jaxcolor import config as config_lib
from jaxcolor.config import InputError
from jaxcolor.inference import Colorizer
from jaxcolor.training import loop, trained


@pytest.fixture(scope="module")
def variables():
    config = tiny_config()
    return first_variables(models.build_generator(config), config.data.image_size)


@pytest.fixture
def model(config, variables, tmp_path):
    folder = tmp_path / "model"
    model_folder.save(folder, config, variables, np.float32, {"steps": "7 of 9"})
    return folder


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_what_is_read_is_what_was_written_but_for_rounding(config, variables, dtype, tmp_path):
    model_folder.save(tmp_path, config, variables, dtype)
    found, generator, tree = model_folder.load(tmp_path)
    assert found == config
    assert generator.network == models.build_generator(config).network
    expected = jax.tree.map(lambda leaf: leaf.astype(dtype).astype(np.float32), variables)
    jax.tree.map(np.testing.assert_array_equal, tree, expected)
    assert {leaf.dtype for leaf in jax.tree.leaves(tree)} == {np.dtype(np.float32)}


def test_the_configuration_does_not_say_where_the_training_data_lay(config, variables, tmp_path):
    config.data.source = "folder"
    config.data.path, config.data.split_file = "/home/me/photos", "/home/me/splits.tsv"
    config.init_from = "/home/me/runs/first"
    model_folder.save(tmp_path, config, variables, np.float32, {})
    for path in tmp_path.iterdir():
        assert b"/home/me" not in path.read_bytes()
    assert config.data.path == "/home/me/photos"
    found, _, _ = model_folder.load(tmp_path)
    assert config_lib.differences(config, found) == [
        "config.data.path: was '/home/me/photos', is ''",
        "config.data.split_file: was '/home/me/splits.tsv', is ''",
    ]


def test_the_card_says_what_is_known_and_asks_for_the_license(model):
    card = (model / model_folder.CARD_FILE).read_text()
    assert "\n| steps | 7 of 9 |\n" in card
    assert "\n| license | not stated; write here" in card
    assert re.search(r"\n\| date \| \d{4}-\d\d-\d\d \|\n", card)
    assert re.search(r"\n\| program \| jaxcolor [\d.]+", card)


def test_without_facts_a_card_stays_as_it_is(model, config, variables):
    (model / model_folder.CARD_FILE).write_text("by hand")
    model_folder.save(model, config, variables, np.float16)
    assert (model / model_folder.CARD_FILE).read_text() == "by hand"


@pytest.mark.parametrize("value", [1e6, np.nan])
def test_what_cannot_be_written_is_refused(config, value, tmp_path):
    variables = {"params": {"new": np.full(3, value, np.float32)}}
    with pytest.raises(InputError, match=r"params/new is not finite in float16"):
        model_folder.save(tmp_path / "model", config, variables, np.float16)
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [("data.color_space", "LAB"), ("train.dtype", "fp32"), ("data.batch_size", 0)],
)
def test_an_edited_configuration_is_refused(model, field, value):
    path = model / model_folder.CONFIG_FILE
    fields = json.loads(path.read_text())
    part, _, name = field.partition(".")
    fields[part][name] = value
    path.write_text(json.dumps(fields))
    with pytest.raises(InputError, match=rf"not a .*\nconfig\.{field}={value!r}: must"):
        model_folder.load(model)


def test_other_dtypes_are_refused(model):
    path = model / model_folder.WEIGHTS_FILE
    tensors = safetensors.numpy.load_file(path)
    tensors["params/up_0/bias"] = tensors["params/up_0/bias"].astype(np.int32)
    safetensors.numpy.save_file(tensors, path)
    with pytest.raises(InputError, match=r"params/up_0/bias is int32; must be float16 or float32"):
        model_folder.load(model)


def test_colorize_takes_a_model_folder(model, config, variables, photos, run_main, tmp_path):
    done = run_main(colorize, photos, "--checkpoint", model, "--output", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    first = listing.find(photos)[0]
    np.testing.assert_array_equal(
        images.read(tmp_path / "out" / first.relative_to(photos)),
        Colorizer(config, variables)(images.read(first)),
    )


def test_evaluate_takes_a_model_folder(model, photos, run_main):
    done = run_main(evaluate, "--workdir", model, "--data", photos)
    assert done.returncode == 0, done.stderr
    assert "\ncheckpoint: the model in the folder, sha256 " in done.stdout
    assert (model / "scores_photos.json").is_file()


def test_evaluate_needs_data_for_a_model_folder(config, variables, run_main, tmp_path):
    config.data.source = "folder"
    model_folder.save(tmp_path, config, variables, np.float32)
    refused = run_main(evaluate, "--workdir", tmp_path)
    assert refused.returncode == 1
    assert "a model folder does not say where its data lay; give --data" in refused.stderr


def test_a_model_folder_has_no_last_checkpoint(model, photos, run_main, tmp_path):
    refused = run_main(
        *(colorize, photos, "--checkpoint", model, "--last", "--output", tmp_path / "out")
    )
    assert refused.returncode == 1
    assert "is a model folder, which holds one model; leave out --last" in refused.stderr


def test_a_folder_of_neither_kind_says_what_to_give(config, photos, run_main, tmp_path):
    for _ in range(2):  # First without, then with a configuration.
        refused = run_main(colorize, photos, "--checkpoint", tmp_path, "--output", tmp_path / "out")
        assert refused.returncode == 1
        assert "give the workdir of a training run, or a model folder" in refused.stderr
        config_lib.save(config, tmp_path / "config.json")


def test_a_run_leaves_a_model_folder_that_another_run_starts_from(config, tmp_path):
    config.train.eval_every = 1
    config.train.ema_decay = 0.5
    loop.train_and_evaluate(config, tmp_path / "run")
    model = tmp_path / "run" / "model"
    found, _, variables = model_folder.load(model)
    assert found == config
    _, _, best = trained.load_generator(tmp_path / "run")
    jax.tree.map(np.testing.assert_array_equal, variables, best)
    card = (model / model_folder.CARD_FILE).read_text()
    assert "\n| data | source `scenes`, 30 training images |\n" in card
    assert re.search(r"\n\| steps \| [12] of 2, 4 examples each, seed 0 \|\n", card)
    assert re.search(r"\n\| validation scores \| .*PSNR.* \d+\.\d+", card)

    config.init_from = str(model)
    for rate in (config.optimizer.generator, config.optimizer.discriminator):
        rate.learning_rate = 0.0
    config.train.num_steps = 1
    config.train.eval_every = 0
    config.train.ema_decay = 0.0
    state = loop.train_and_evaluate(config, tmp_path / "second")
    params = state.networks["generator"].variables["params"]
    assert_trees_close(jax.device_get(params), variables["params"])
