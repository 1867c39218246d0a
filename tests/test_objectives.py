import functools

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import seeded
from comparison import assert_trees_close
from conftest import INIT_KEY, ROOT
from one_device import on_one_device
from pytorch_pix2pix import patchgan_params, patchgan_shapes, unet_variables

from jaxcolor import models, objectives
from jaxcolor.config import InputError
from jaxcolor.losses.gan import binary_cross_entropy, gradient_penalty
from jaxcolor.models.convolution import convolution
from jaxcolor.objectives import state as state_lib
from jaxcolor.objectives import wgan
from jaxcolor.objectives.adversarial import apply_discriminator

GOLDENS = ROOT / "tests" / "goldens"


@pytest.fixture
def adversarial(config):
    config.data.image_size = 16
    config.generator.dropout = 0.0
    return config


def as_wgan(config, **fields):
    config.objective.name = "wgan"
    config.objective.critic_steps = 2
    config.objective.update(fields)
    return config


def batch_of(count, seed=0):
    rng = np.random.default_rng(seed)
    return {
        "gray": rng.uniform(-1, 1, (count, 16, 16, 1)).astype(np.float32),
        "target": rng.uniform(-0.5, 0.5, (count, 16, 16, 2)).astype(np.float32),
    }


def build(config):
    """Returns the objective, its first state and its compiled step."""
    objective = objectives.build(config, 10)
    jitted = on_one_device(objective.step)

    def step(state, batch, key):
        return jitted(state, objective.frozen, batch, key)

    return objective, jax.jit(objective.init)(INIT_KEY), step


def train(config, steps=1, examples=4):
    objective, state, step = build(config)
    history = []
    for i in range(steps):
        state, metrics = step(
            state, batch_of(examples * config.objective.critic_steps, i), jax.random.key(1)
        )
        history.append(metrics)
    return objective, state, history


@pytest.mark.parametrize("name", ["adam", "adamw", "rmsprop"])
def test_optimizers_walk_as_pytorchs_do(config, name):
    optimizer_config = config.optimizer.generator
    optimizer_config.name = name
    optimizer_config.learning_rate = {"rmsprop": 5e-5}.get(name, 2e-4)
    optimizer_config.weight_decay = 1.0
    # PyTorch rounds its decay's factor, close to 1, before it takes all the steps.
    tolerance = {"adamw": 1e-5}.get(name, 1e-6)
    optimizer = state_lib.make_optimizer(config, "generator", 50)
    parameter = jnp.asarray(seeded.normal("parameter", (4, 8)))
    opt_state = optimizer.init(parameter)
    with np.load(GOLDENS / "optimizers.npz") as goldens:
        path = goldens[name]
    scales = 10.0 ** np.arange(-8, 0).astype(np.float32)
    for step in range(50):
        gradient = seeded.normal(f"gradient {step}", (4, 8)) * scales
        updates, opt_state = optimizer.update(gradient, opt_state, parameter)
        parameter = optax.apply_updates(parameter, updates)
        np.testing.assert_allclose(parameter, path[step], atol=tolerance)


@pytest.mark.parametrize("name", ["pix2pix", "wgan_clip"])
def test_losses_of_three_steps_equal_an_independent_implementation_in_pytorch(adversarial, name):
    config = adversarial
    config.data.image_size = 32
    config.discriminator.num_layers = 3
    if name == "wgan_clip":
        as_wgan(config, clip=0.01)
        for optimizer in (config.optimizer.generator, config.optimizer.discriminator):
            optimizer.name, optimizer.learning_rate = "rmsprop", 5e-5
    _, state, step = build(config)
    discriminator = {"params": patchgan_params(seeded.weights(patchgan_shapes()))}
    variables = {"generator": unet_variables(levels=5), "discriminator": discriminator}
    state = state.replace(
        networks={
            name: network.replace(variables=variables[name])
            for name, network in state.networks.items()
        }
    )
    critic_steps = config.objective.critic_steps
    with np.load(GOLDENS / f"{name}.npz") as goldens:
        expected = dict(goldens)
    for i in range(3):
        batch = {}
        for key, name, channels in (("gray", "L", 1), ("target", "ab", 2)):
            drawn = [
                np.tanh(seeded.normal(f"{name} {i} {t}", (4, channels, 32, 32)))
                for t in range(critic_steps)
            ]
            # Example i of a step goes to critic step i % critic_steps.
            batch[key] = np.moveaxis(np.stack(drawn, axis=1).reshape(-1, channels, 32, 32), 1, -1)
        state, metrics = step(state, batch, jax.random.key(0))
        for loss, values in expected.items():
            assert float(metrics[loss]) == pytest.approx(values[i], rel=2e-3, abs=2e-6), (loss, i)


def test_critic_steps_in_a_loop_equal_unrolled_ones(adversarial, monkeypatch):
    config = as_wgan(adversarial, lambda_gp=10.0, critic_steps=3)
    _, looped, [metrics] = train(config)
    monkeypatch.setattr(jax.lax, "scan", functools.partial(jax.lax.scan, unroll=True))
    _, unrolled, [others] = train(config)
    variables = (state.networks["discriminator"].variables for state in (looped, unrolled))
    assert_trees_close(*variables, atol=1e-5)
    assert_trees_close(metrics, others, atol=1e-5)


def test_generator_meets_the_updated_discriminator(adversarial):
    _, state, step = build(adversarial)
    batch = batch_of(4)
    new_state, metrics = step(state, batch, jax.random.key(1))

    generator = models.build_generator(adversarial).network
    discriminator = models.build_discriminator(adversarial)

    @on_one_device
    def generator_gan(network):
        ab, _ = generator.apply(
            state.networks["generator"].variables,
            batch["gray"],
            train=True,
            mutable=["batch_stats"],
        )
        pairs = jnp.concatenate([batch["gray"], ab], axis=-1)
        scores = apply_discriminator(discriminator, network.variables["params"], pairs)
        return binary_cross_entropy(scores, 1.0)

    assert float(metrics["G_GAN"]) == pytest.approx(
        float(generator_gan(new_state.networks["discriminator"])), rel=1e-4
    )
    stale = float(generator_gan(state.networks["discriminator"]))
    assert float(metrics["G_GAN"]) != pytest.approx(stale, rel=1e-4)


def test_reconstruction_terms_without_weight_are_left_out(adversarial):
    adversarial.objective.lambda_l1 = 0.0
    adversarial.objective.lambda_l2 = 50.0
    _, _, (metrics,) = train(adversarial)
    assert "G_L2" in metrics
    assert "G_L1" not in metrics


def test_statistics_move_once_a_step_and_the_step_counts(adversarial):
    """Although the generator runs once for each critic step."""
    _, state, step = build(as_wgan(adversarial, clip=0.01))
    batch = batch_of(4 * 2)
    new_state, _ = step(state, batch, jax.random.key(1))
    assert new_state.step == 1
    before, after = (s.networks["generator"].variables for s in (state, new_state))
    assert jax.tree.structure(before) == jax.tree.structure(after)
    x = batch["gray"][1::2]
    for level, activation in ((0, lambda x: x), (1, lambda x: nn.leaky_relu(x, 0.2))):
        kernel = before["params"][f"down_{level}"]["kernel"]
        x = convolution(activation(x), kernel, 2, ((1, 1), (1, 1)))
    np.testing.assert_allclose(
        after["batch_stats"]["down_norm_1"]["mean"], 0.1 * x.mean((0, 1, 2)), rtol=1e-3, atol=1e-7
    )


def test_clipping_bounds_every_weight_of_the_critic_after_every_update(adversarial):
    _, state, history = train(as_wgan(adversarial, clip=0.003), steps=2)
    weights = np.concatenate(
        [w.ravel() for w in jax.tree.leaves(state.networks["discriminator"].variables)]
    )
    assert np.abs(weights).max() == pytest.approx(0.003)
    generator = np.concatenate(
        [w.ravel() for w in jax.tree.leaves(state.networks["generator"].variables)]
    )
    assert np.abs(generator).max() > 0.01
    for metrics in history:
        assert metrics["critic"] == pytest.approx(
            float(metrics["D_fake"] - metrics["D_real"]), abs=1e-6
        )


def test_every_critic_step_takes_a_batch_of_its_own(adversarial):
    """Changing the examples of the first critic step alone changes the outcome."""
    config = as_wgan(adversarial, lambda_gp=10.0)
    config.discriminator.norm = "layer"
    _, state, step = build(config)
    assert objectives.examples_per_step(config) == 8
    batch = batch_of(8)
    other = jax.tree.map(np.copy, batch)
    for values in other.values():
        values[0::2] = 0.1
    (one, _), (two, _) = (step(state, b, jax.random.key(1)) for b in (batch, other))
    kernels = [
        s.networks["discriminator"].variables["params"]["Conv_0"]["kernel"] for s in (one, two)
    ]
    assert (kernels[0] != kernels[1]).any()


def test_penalty_is_computed_in_float32_whatever_the_networks_compute_in(adversarial, monkeypatch):
    config = as_wgan(adversarial, lambda_gp=10.0)
    config.discriminator.norm = "layer"
    config.train.dtype = "bfloat16"
    critics = []

    def penalty(critic, real, fake, keys):
        critics.append(str(jax.make_jaxpr(critic)(real)))
        return gradient_penalty(critic, real, fake, keys)

    monkeypatch.setattr(wgan, "gradient_penalty", penalty)
    _, state, step = build(config)
    out = jax.eval_shape(step, state, batch_of(8), jax.random.key(0))
    assert critics
    assert not any("bf16" in critic for critic in critics)
    assert {leaf.dtype for leaf in jax.tree.leaves(out)} <= {
        jnp.dtype("float32"),
        jnp.dtype("int32"),
    }
    assert "bf16" in str(jax.make_jaxpr(step)(state, batch_of(8), jax.random.key(0)))


@pytest.mark.parametrize("precision", ["default", "highest"])
def test_steps_are_as_exact_as_configured(adversarial, precision):
    adversarial.train.matmul_precision = precision
    objective = objectives.build(adversarial, 10, 10)
    state = jax.eval_shape(objective.init, INIT_KEY)
    for step in (objective.step, objective.pretrain_step):
        traced = on_one_device(step).trace(state, objective.frozen, batch_of(4), INIT_KEY)
        text = traced.lower(lowering_platforms=("cuda",)).as_text()
        convolutions = [line for line in text.splitlines() if "stablehlo.convolution" in line]
        assert convolutions
        assert {f"<precision {precision.upper()}>" in line for line in convolutions} == {True}


def test_moving_average_follows_the_generator(adversarial):
    adversarial.train.ema_decay = 0.5
    _, state, step = build(adversarial)
    state = jax.device_get(state)
    assert_trees_close(state.ema, state.networks["generator"].variables)
    new_state, _ = jax.device_get(step(state, batch_of(4), jax.random.key(1)))
    # In the first step the decay is (1 + 0) / (10 + 0).
    expected = jax.tree.map(
        lambda old, new: 0.1 * old + 0.9 * new, state.ema, new_state.networks["generator"].variables
    )
    assert_trees_close(new_state.ema, expected, atol=1e-6)
    assert new_state.eval_variables() is new_state.ema
    later = new_state.replace(step=jnp.array(100))
    last, _ = jax.device_get(step(later, batch_of(4), jax.random.key(1)))
    expected = jax.tree.map(
        lambda old, new: (old + new) / 2, new_state.ema, last.networks["generator"].variables
    )
    assert_trees_close(last.ema, expected, atol=1e-6)


def test_without_an_average_the_generator_itself_is_used(adversarial):
    _, state, _ = build(adversarial)
    assert state.ema is None
    assert state.eval_variables() is state.networks["generator"].variables


def test_dropout_changes_with_the_step_and_repeats_with_the_key(adversarial):
    adversarial.generator.dropout = 0.5
    _, state, step = build(adversarial)

    def loss(state, key):
        return float(step(state, batch_of(4), jax.random.key(key))[1]["G_L1"])

    assert loss(state, 1) == loss(state, 1)
    assert loss(state, 1) != loss(state, 2)
    assert loss(state, 1) != loss(state.replace(step=jnp.array(1)), 1)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"objective.name": "lsgan"}, "objective.name='lsgan'.*pix2pix"),
        ({"objective.clip": 0.01}, "objective.clip=0.01: has no effect"),
        ({"objective.lambda_gp": 10.0}, "objective.lambda_gp=10.0: has no effect"),
        ({"objective.name": "wgan"}, "exactly one"),
        ({"objective.name": "wgan", "objective.clip": 0.1, "objective.lambda_gp": 1.0}, "exactly"),
        ({"optimizer.generator.name": "sgd"}, "optimizer.generator.name='sgd'"),
    ],
)
def test_fields_that_do_not_go_together(config, changes, message):
    config.update_from_flattened_dict(changes)
    with pytest.raises(InputError, match=message):
        objectives.build(config, 10)
