import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import INIT_KEY
from one_device import on_one_device

from jaxcolor import models, objectives
from jaxcolor.config import InputError
from jaxcolor.models import resnet_generator
from jaxcolor.models.generator import Generator
from jaxcolor.objectives.image_pool import ImagePool


@pytest.fixture
def config(config, monkeypatch):
    def build(config):
        """A generator of two blocks instead of nine, for the time that compiling takes."""
        return Generator(resnet_generator.build(config).network.clone(num_blocks=2))

    monkeypatch.setitem(models.GENERATORS, "resnet", build)
    config.data.color_space = "lab_full"
    config.data.batch_size = 1
    config.generator.name = "resnet"
    config.objective.name = "cyclegan"
    config.objective.cyclegan.lambda_identity = 2.0
    config.objective.cyclegan.pool_size = 3
    config.train.ema_decay = 0.9
    return config


def batch_of(count):
    keys = jax.random.split(jax.random.key(count))
    return {
        "gray": jax.random.uniform(keys[0], (count, 32, 32, 1), minval=-1),
        "target": jax.random.uniform(keys[1], (count, 32, 32, 3), minval=-0.5, maxval=0.5),
    }


def test_single_images_train_all_four_networks(config):
    objective = objectives.build(config, 10)
    assert objectives.examples_per_step(config) == objectives.counted_per_step(config) == 2
    config.train.epoch_of = "generator"
    assert objectives.counted_per_step(config) == 1
    state = jax.jit(objective.init)(INIT_KEY)
    step = on_one_device(objective.step)
    batch = batch_of(2)
    new_state, metrics = jax.device_get(step(state, objective.frozen, batch, jax.random.key(1)))
    assert metrics.keys() == {
        *("G_GAN", "G_cycle", "G_detail", "G_identity"),
        *("D_color", "D_gray"),
    }
    assert new_state.step == 1
    assert new_state.memory["pool_gray"].count == new_state.memory["pool_color"].count == 1
    for name, network in new_state.networks.items():
        changed = jax.tree.map(
            lambda new, old: np.any(new != np.asarray(old)),
            network.variables,
            state.networks[name].variables,
        )
        assert all(jax.tree.leaves(changed)), name

    # The gray half and the half in color are what the losses use, and nothing else.
    other = {
        "gray": batch["gray"].at[1].set(0.3),
        "target": batch["target"].at[0].set(0.3),
    }
    again, _ = step(state, objective.frozen, other, jax.random.key(1))
    for one, two in zip(jax.tree.leaves(new_state), jax.tree.leaves(again), strict=True):
        np.testing.assert_array_equal(one, two)

    generator = objective.generator
    variables = state.networks["generator"].variables
    real_A, real_B = np.asarray(batch["gray"][:1]), np.asarray(batch["target"][1:])
    fake_B = jax.jit(generator.apply)(variables, {}, real_A)
    fake_A = jax.jit(
        lambda v: generator.network.clone(num_outputs=1).apply(v, real_B, train=False)
    )(state.networks["generator_gray"].variables)
    detail = np.abs(fake_B[..., :1] - real_A).mean() + np.abs(fake_A - real_B[..., :1]).mean()
    assert float(metrics["G_detail"]) == pytest.approx(float(detail), rel=1e-4)

    # Both pools are full after three steps; from then on each decides for itself what to exchange.
    exchanged = []
    for i in range(15):
        before = new_state.memory
        new_state, _ = jax.device_get(step(new_state, objective.frozen, batch, jax.random.key(1)))
        if i >= 2:
            exchanged.append(
                [
                    bool((before[name].images != new_state.memory[name].images).any())
                    for name in ("pool_gray", "pool_color")
                ]
            )
    assert any(gray != color for gray, color in exchanged)


def test_a_pool_fills_then_exchanges():
    pool = ImagePool.create(2, (1, 1, 1))
    query = on_one_device(lambda pool, image, key: pool.query(image, key))
    swaps = 0
    for i in range(1, 101):
        image = jnp.full((1, 1, 1, 1), float(i))
        before = set(np.ravel(pool.images))
        pool, drawn = query(pool, image, jax.random.key(i))
        value = float(drawn[0, 0, 0, 0])
        if i <= 2:
            assert value == i
            assert pool.count == i
        elif value != i:
            assert value in before
            assert i in np.ravel(pool.images)
            assert value not in np.ravel(pool.images)
            swaps += 1
        else:
            assert set(np.ravel(pool.images)) == before
    assert 30 < swaps < 70


def test_without_a_pool_images_pass():
    image = jnp.ones((2, 1, 1, 3))
    pool, drawn = ImagePool.create(0, (1, 1, 3)).query(image, jax.random.key(0))
    np.testing.assert_array_equal(drawn, image)
    assert all(leaf.size for leaf in jax.tree.leaves(pool))  # No checkpoint can hold an empty one.


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"data.color_space": "lab"}, "set it to 'lab_full'"),
        ({"objective.critic_steps": 2}, "critic_steps=2: has no effect"),
        (
            {"generator.name": "unet", "objective.cyclegan.lambda_identity": 1.0},
            "lambda_identity=1.0: config.generator.name='unet' takes no color images",
        ),
        (
            {"objective.lambda_l1": 1.0},
            "lambda_l1=1.0: has no effect.*set it to its default, 100.0",
        ),
        ({"objective.clip": 0.1}, "clip=0.1: has no effect"),
        (
            {"generator.name": "fusion", "generator.embedding": "mobilenet_v2"},
            "'fusion': has frozen parts",
        ),
    ],
)
def test_fields_that_do_not_go_together(config, changes, message, seeded_weights):
    config.update_from_flattened_dict(changes)
    with pytest.raises(InputError, match=message):
        objectives.build(config, 10)
