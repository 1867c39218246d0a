"""The U-Net over MobileNet-v2: its encoder against the frozen network, its start, its training."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import seeded
import seeded_networks
from comparison import assert_trees_close
from conftest import INIT_KEY
from one_device import on_one_device

from jaxcolor import models, objectives
from jaxcolor.backbones import networks
from jaxcolor.config import InputError, get_config
from jaxcolor.config_checks import UnreadFieldsError
from jaxcolor.data import spaces
from jaxcolor.models import mobile_unet
from jaxcolor.objectives import state as state_lib
from jaxcolor.training import loop


@pytest.fixture
def config(config):
    defaults = get_config()
    config.generator.num_filters = defaults.generator.num_filters
    config.discriminator.update(defaults.discriminator)
    config.generator.name = "mobile_unet"
    config.generator.pretrained = True
    config.objective.name = "regression"
    return config


@pytest.mark.parametrize("color_space", ["lab", "rgb"])
def test_a_trained_encoder_sees_what_the_frozen_network_sees(color_space, config, seeded_weights):
    config.data.image_size, config.data.color_space = 64, color_space
    generator = models.build_generator(config)
    fresh = seeded_networks.variables(generator, 64)
    params = generator.start(fresh)["params"]
    gray = jnp.tanh(seeded.normal("gray", (2, 64, 64, 1)))
    encoder = mobile_unet.Encoder()
    maps = jax.jit(lambda params, x: encoder.apply({"params": params}, x))(
        params["encoder"], generator.network.prepare(gray)
    )
    assert {part: x.shape[1:] for part, x in maps.items()} == {
        part: (64 // part, 64 // part, channels)
        for part, channels in ((2, 16), (4, 24), (8, 32), (16, 96), (32, 320))
    }

    backbone = networks.load("mobilenet_v2", ("logits",), 64)
    rgb = spaces.build(config.data).gray_to_rgb(gray)
    expected = jax.jit(backbone.features)(backbone.variables, rgb)["logits"]
    head, logits = (backbone.variables["params"][name] for name in ("head", "logits"))
    pooled = jnp.clip(maps[32] @ head["kernel"][0, 0] + head["bias"].reshape(1, 1, 1, -1), 0, 6)
    ours = pooled.mean((1, 2)) @ logits["kernel"][0, 0] + logits["bias"].reshape(1, -1)
    assert jnp.abs(ours - expected).max() <= 1e-4 * jnp.abs(expected).max()

    del params["encoder"], fresh["params"]["encoder"]
    assert_trees_close(params, fresh["params"])


def test_missing_weights_are_an_error_only_where_training_starts(config):
    generator = models.build_generator(config)
    variables = models.variable_shapes(generator, 32)
    with pytest.raises(InputError, match=r"pretrained=True: .*mobilenet_v2_imag.*set it to False"):
        generator.start(variables)


def test_colors_lie_in_the_range_of_targets(config):
    generator = models.build_generator(config)
    variables = seeded_networks.variables(generator, 32)
    variables["params"]["colors"]["kernel"] *= 100
    gray = jnp.tanh(seeded.normal("gray", (2, 64, 32, 1)))
    output = jax.jit(lambda v, x: generator.apply(v, {}, x))(variables, gray)
    assert output.shape == (2, 16, 8, 2)  # A quarter of the size, until it is decoded.
    colors = models.build_space(config).decode(gray, output)
    assert colors.shape == (2, 64, 32, 2)
    assert 0.9 < jnp.abs(colors).max() <= 1


def test_objectives_of_color_images_are_refused(config):
    config.objective.name = "cyclegan"
    config.data.color_space = "lab_full"
    with pytest.raises(InputError, match="'mobile_unet': takes gray images alone"):
        objectives.build(config, 1)


@pytest.mark.parametrize("rate", [0.0, 0.1, 1.0])
def test_the_encoder_has_its_own_rate(rate, config):
    optimizer = state_lib.make_optimizer(config, "generator", 1, rate)
    params = {"encoder": jnp.zeros(1), "colors": jnp.zeros(1)}
    updates, _ = optimizer.update(jax.tree.map(jnp.ones_like, params), optimizer.init(params))
    np.testing.assert_allclose(updates["encoder"], rate * updates["colors"], rtol=1e-6)
    assert updates["colors"] < 0


def changes(before, after):
    """The largest change of the encoder's parameters and of the others'."""
    change = jax.tree.map(lambda a, b: float(np.abs(a - b).max()), before, after)
    encoder = change.pop("encoder")
    return [max(jax.tree.leaves(tree)) for tree in (encoder, change)]


def test_a_step_changes_the_encoder_at_its_own_rate(config, seeded_weights):
    config.generator.encoder_rate = 0.1
    config.optimizer.generator.name = "adamw"
    config.optimizer.generator.weight_decay = 0.0
    config.optimizer.generator.learning_rate = 0.01
    objective = objectives.build(config, 10)
    state = jax.jit(objective.init)(INIT_KEY)
    key = jax.random.key(1)
    batch = {
        "gray": jnp.tanh(seeded.normal("gray", (2, 32, 32, 1))),
        "target": jnp.tanh(seeded.normal("target", (2, 32, 32, 2))),
    }
    after, _ = on_one_device(objective.step)(state, objective.frozen, batch, key)
    params = (s.networks["generator"].params for s in (state, after))
    # Adam's first step is as long as the rate.
    np.testing.assert_allclose(changes(*params), [0.001, 0.01], rtol=1e-3)


def test_a_rate_without_an_encoder_is_refused(config):
    config.generator.name = "unet"
    config.generator.pretrained = False
    config.generator.encoder_rate = 0.1
    with pytest.raises(UnreadFieldsError, match=r"generator\.encoder_rate=0\.1: has no effect"):
        objectives.build(config, 1)


def test_the_loop_trains_from_trained_weights(config, seeded_weights, tmp_path):
    config.generator.encoder_rate = 0.0
    state = loop.train_and_evaluate(config, tmp_path / "run")
    params = state.networks["generator"].params
    assert int(state.step) == config.train.num_steps
    generator = models.build_generator(config)
    start = generator.start(seeded_networks.variables(generator, 32))["params"]
    assert_trees_close(params["encoder"], start["encoder"])
    gradients = optax.tree_utils.tree_get(state.networks["generator"].opt_state, "mu")
    assert not any(np.any(leaf) for leaf in jax.tree.leaves(gradients["encoder"]))
    assert np.all(np.any(gradients["colors"]["kernel"] != 0, axis=(0, 1, 2)))


def test_weight_decay_makes_weights_smaller_without_gradients(config):
    optimizer_config = config.optimizer.generator
    optimizer_config.name = "adamw"
    optimizer_config.learning_rate, optimizer_config.weight_decay = 0.1, 0.5
    optimizer = state_lib.make_optimizer(config, "generator", 1, 0.2)
    params = {"encoder": jnp.array([4.0]), "colors": jnp.array([4.0])}
    zeros = jax.tree.map(jnp.zeros_like, params)
    updates, _ = optimizer.update(zeros, optimizer.init(params), params)
    # 0.1 · 0.5 · 4, and a fifth of it.
    assert_trees_close(
        updates, {"encoder": jnp.array([-0.04]), "colors": jnp.array([-0.2])}, rtol=1e-6
    )
