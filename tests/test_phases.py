"""Regression, pretraining, slow discriminators, falling learning rates, and runs from runs."""

import shutil

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from comparison import assert_trees_close
from conftest import INIT_KEY
from one_device import on_one_device

from jaxcolor import config as config_lib
from jaxcolor import objectives
from jaxcolor.config import InputError
from jaxcolor.inference import Colorizer
from jaxcolor.objectives import state as state_lib
from jaxcolor.training import loop
from jaxcolor.training.checkpoint import Checkpoints
from jaxcolor.training.validation import Validation


def batch_of(count):
    rng = np.random.default_rng(count)
    return {
        "gray": rng.uniform(-1, 1, (count, 16, 16, 1)).astype(np.float32),
        "target": rng.uniform(-0.5, 0.5, (count, 16, 16, 2)).astype(np.float32),
    }


@pytest.fixture
def config(config):
    config.data.image_size = 16
    config.generator.dropout = 0.0
    return config


def test_regression_learns_by_its_terms_alone(config):
    config.objective.name = "regression"
    config.discriminator = config_lib.get_config().discriminator
    config.objective.lambda_l1 = 0.0
    config.objective.lambda_l2 = 1.0
    objective = objectives.build(config, 10)
    state = jax.jit(objective.init)(INIT_KEY)
    assert state.networks.keys() == {"generator"}
    losses = []
    step = on_one_device(objective.step)
    for _ in range(5):
        state, metrics = step(state, objective.frozen, batch_of(4), jax.random.key(0))
        assert metrics.keys() == {"G_L2"}
        losses.append(float(metrics["G_L2"]))
    assert losses == sorted(losses, reverse=True)
    config.objective.lambda_l2 = 0.0
    with pytest.raises(InputError, match="needs a term with a weight"):
        objectives.build(config, 10)


@pytest.mark.parametrize("pretrain_steps", [0, 1])
def test_a_discriminator_that_learns_every_second_step(config, pretrain_steps):
    """Counted from the first step after a pretraining, and with a learning rate that lasts."""
    config.objective.discriminator_every = 2
    config.train.linear_decay = 0.9
    objective = objectives.build(config, 3, pretrain_steps)
    state = jax.jit(objective.init)(INIT_KEY)
    state = state.replace(step=jnp.array(pretrain_steps))
    step = on_one_device(objective.step)
    learned = []
    for _ in range(3):
        before = state
        state, metrics = step(state, objective.frozen, batch_of(4), jax.random.key(0))
        assert metrics.keys() == {"D_real", "D_fake", "G_GAN", "G_L1"}
        kernels = [
            s.networks["discriminator"].variables["params"]["Conv_0"]["kernel"]
            for s in (before, state)
        ]
        learned.append(bool((kernels[0] != kernels[1]).any()))
    assert learned == [True, False, True]


def test_learning_rates_fall_to_zero_at_the_end(config):
    config.train.linear_decay = 0.5
    config.optimizer.generator.name = "rmsprop"
    config.optimizer.generator.learning_rate = 1e-3
    optimizer = state_lib.make_optimizer(config, "generator", 10)
    parameter, gradient = jnp.zeros(()), jnp.ones(())
    opt_state = optimizer.init(parameter)
    sizes = []
    for _ in range(10):
        updates, opt_state = optimizer.update(gradient, opt_state, parameter)
        sizes.append(-float(updates))
    second_moment = 1 - 0.99 ** np.arange(1, 11)
    rates = 1e-3 * np.array([1, 1, 1, 1, 1, 1, 0.8, 0.6, 0.4, 0.2])
    np.testing.assert_allclose(sizes, rates / np.sqrt(second_moment), rtol=1e-4)


@pytest.fixture
def pretrained(config):
    config.train.pretrain_steps = 2
    config.train.num_steps = 2
    config.train.eval_every = 0
    return config


def test_pretraining_moves_the_generator_alone_with_its_own_optimizer(pretrained):
    objective = objectives.build(pretrained, 2, pretrain_steps=2)
    state = jax.jit(objective.init)(INIT_KEY)
    step = on_one_device(objective.pretrain_step)
    new_state, metrics = step(state, objective.frozen, batch_of(4), jax.random.key(0))
    assert metrics.keys() == {"pretrain_L1"}
    assert_trees_close(new_state.networks["discriminator"], state.networks["discriminator"])
    before, after = (s.networks["generator"] for s in (state, new_state))
    assert_trees_close(after.opt_state, before.opt_state)
    kernels = [n.variables["params"]["down_0"]["kernel"] for n in (before, after)]
    # Adam's first step is the learning rate, whatever the gradient.
    assert np.abs(kernels[1] - kernels[0]).max() == pytest.approx(1e-4, rel=1e-2)


def test_the_loop_pretrains_resumes_and_goes_on(pretrained, tmp_path, capsys):
    whole = loop.train_and_evaluate(pretrained, tmp_path / "whole")
    printed = capsys.readouterr().out
    assert "step 0 of 4, 2 of them to pretrain" in printed
    assert printed.index("pretrain_L1") < printed.index("G_GAN")
    parts = pretrained.copy_and_resolve_references()
    parts.train.num_steps = 1
    assert loop.train_and_evaluate(parts, tmp_path / "parts").step == 3
    resumed = loop.train_and_evaluate(pretrained, tmp_path / "parts")
    assert_trees_close(jax.device_get(resumed), jax.device_get(whole))


def test_scores_of_the_pretraining_do_not_choose_the_best_checkpoint(
    pretrained, tmp_path, monkeypatch
):
    quality = iter([40.0, 50.0, 20.0, 10.0])
    monkeypatch.setattr(Validation, "__call__", lambda *_: {"PSNR": next(quality)})
    pretrained.train.eval_every = 1
    loop.train_and_evaluate(pretrained, tmp_path / "run")
    checkpoints = Checkpoints(tmp_path / "run", "PSNR")
    assert (checkpoints.best_step(), checkpoints.latest_step()) == (3, 4)
    checkpoints.close()


@pytest.fixture(scope="module")
def base_run(tmp_path_factory):
    """A run of a residual U-Net, to start from."""
    config = config_lib.get_config()
    config.data.image_size = 64
    config.data.batch_size = 2
    config.data.num_scenes = 30
    config.generator.name = "residual_unet"
    config.generator.num_filters = 4
    config.objective.name = "regression"
    config.train.num_steps = 1
    config.train.eval_every = 0
    config.train.ema_decay = 0.9
    workdir = tmp_path_factory.mktemp("base") / "run"
    return config, workdir, jax.device_get(loop.train_and_evaluate(config, workdir))


def upscaler_of(config):
    config = config.copy_and_resolve_references()
    config.generator.name = "upscaler"
    config.data.color_space = "lab_to_rgb"
    return config


def test_an_upscaler_does_not_train_on_a_random_base(base_run, tmp_path):
    config = upscaler_of(base_run[0])
    with pytest.raises(
        InputError, match=r"config\.init_from='': .*'upscaler'.*set config\.init_from"
    ):
        loop.train_and_evaluate(config, tmp_path / "upscaler")


def test_an_upscaler_starts_from_its_base_and_leaves_it_alone(base_run, tmp_path):
    config, workdir, base = base_run
    config = upscaler_of(config)
    config.init_from = str(shutil.copytree(workdir, tmp_path / "base"))
    state = loop.train_and_evaluate(config, tmp_path / "upscaler")
    variables = jax.device_get(state.networks["generator"].variables)
    assert_trees_close(variables["params"]["base"], base.ema["params"])
    assert_trees_close(variables["batch_stats"]["base"], base.ema["batch_stats"])
    shutil.rmtree(tmp_path / "base")
    colorizer = Colorizer.from_checkpoint(tmp_path / "upscaler")
    assert colorizer.predict(np.zeros((1, 128, 128, 3), np.uint8)).shape == (1, 128, 128, 3)
    photo = np.random.default_rng(0).integers(0, 256, (50, 40, 3), dtype=np.uint8)
    assert colorizer(photo).shape == photo.shape
    config.init_from = str(workdir)
    config.generator.dropout = 0.9
    with pytest.raises(InputError, match=r"generator\.dropout=0\.9: has no effect"):
        loop.train_and_evaluate(config, tmp_path / "other")
    config.generator.dropout = 0.5
    config.generator.num_filters = 8
    with pytest.raises(InputError, match="its generator is neither this one nor its base"):
        loop.train_and_evaluate(config, tmp_path / "other")
    config.init_from = str(tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"config\.init_from='.*nowhere': .*No such file"):
        loop.train_and_evaluate(config, tmp_path / "other")


def test_training_goes_on_from_another_run(base_run, tmp_path):
    config, workdir, base = base_run
    config = config.copy_and_resolve_references()
    config.init_from = str(workdir)
    config.optimizer.generator.learning_rate = 0.0
    state = loop.train_and_evaluate(config, tmp_path / "again")
    params = jax.device_get(state.networks["generator"].variables["params"])
    assert_trees_close(params, base.ema["params"])
