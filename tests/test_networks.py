import jax
import jax.numpy as jnp
import numpy as np
import pytest
import seeded
from comparison import assert_trees_close
from conftest import INIT_KEY, ROOT, first_variables
from one_device import on_one_device
from pytorch_pix2pix import unet_variables

from jaxcolor import models, objectives
from jaxcolor.config import InputError
from jaxcolor.models import unet
from jaxcolor.models.patchgan import PatchGAN

GOLDEN = ROOT / "tests" / "goldens" / "unet.npz"


def golden_input():
    return np.moveaxis(seeded.normal("input", (2, 1, 64, 64)), 1, -1)


def test_unet_equals_an_independent_implementation_in_pytorch():
    with np.load(GOLDEN) as golden:
        expected = {name: np.moveaxis(golden[name], 1, -1) for name in ("eval", "train")}
    network = unet.UNet(levels=6, num_filters=4, dropout=0.0)
    variables, x = unet_variables(), golden_input()
    evaluated = jax.jit(lambda variables, x: network.apply(variables, x, train=False))(variables, x)
    trained, _ = on_one_device(
        lambda variables, x: network.apply(variables, x, train=True, mutable=["batch_stats"])
    )(variables, x)
    np.testing.assert_allclose(evaluated, expected["eval"], atol=1e-5)
    np.testing.assert_allclose(trained, expected["train"], atol=1e-5)


@pytest.mark.parametrize("size", [32, 64, 256])
def test_depth_follows_the_image_size(config, size):
    config.data.image_size = size
    network = models.build_generator(config).network
    assert 2**network.levels == size
    L = jnp.zeros((1, size, size, 1))
    variables = jax.eval_shape(lambda: network.init(jax.random.key(0), L, train=False))
    out = jax.eval_shape(lambda v: network.apply(v, L, train=False), variables)
    assert out.shape == (1, size, size, 2)
    assert f"down_{network.levels - 1}" in variables["params"]


def test_no_bias_before_a_norm():
    network = unet.UNet(levels=6, num_filters=4)
    L = jnp.zeros((1, 64, 64, 1))
    params = jax.eval_shape(lambda: network.init(jax.random.key(0), L, train=False))["params"]
    assert {name for name in params if "norm" not in name and "bias" in params[name]} == {"up_0"}
    critic = PatchGAN(num_filters=4, norm="layer")
    params = jax.eval_shape(lambda: critic.init(jax.random.key(0), jnp.zeros((1, 32, 32, 3))))
    convs = params["params"]
    assert {n for n in convs if n.startswith("Conv") and "bias" in convs[n]} == {"Conv_0", "Conv_4"}


@pytest.mark.parametrize("norm", ["batch", "instance", "layer", "none"])
def test_patchgan_gives_30_by_30_at_256(norm):
    network = PatchGAN(num_filters=4, norm=norm)
    pair = jnp.zeros((1, 256, 256, 3))
    variables = jax.eval_shape(lambda: network.init(jax.random.key(0), pair))
    score = on_one_device(lambda v: network.apply(v, pair, mutable=["batch_stats"])[0])
    out = jax.eval_shape(score, variables)
    assert out.shape == (1, 30, 30, 1)


def test_patchgan_has_a_receptive_field_of_70_by_70_pixels():
    network = PatchGAN(num_filters=2, norm="none")
    pair = jax.random.normal(jax.random.key(0), (1, 256, 256, 3))
    variables = jax.jit(network.init)(INIT_KEY, pair)
    grad = jax.jit(jax.grad(lambda p: network.apply(variables, p)[0, 15, 15, 0]))(pair)
    rows = np.flatnonzero(np.abs(grad).sum((0, 2, 3)))
    assert rows[-1] - rows[0] + 1 == 70


@pytest.mark.parametrize("norm", ["instance", "layer", "none"])
def test_norms_without_a_batch_keep_examples_apart(norm):
    network = PatchGAN(num_filters=4, norm=norm)
    pairs = jax.random.normal(jax.random.key(0), (3, 32, 32, 3))
    variables = jax.jit(network.init)(INIT_KEY, pairs)
    apply = jax.jit(network.apply)
    assert_trees_close(apply(variables, pairs[:1]), apply(variables, pairs)[:1], atol=1e-5)


def test_low_precision_stays_close_and_comes_out_high(config):
    config.train.dtype = "bfloat16"
    config.generator.dropout = 0.0
    generator = models.build_generator(config)
    L = jax.random.uniform(jax.random.key(0), (2, 32, 32, 1), minval=-1)
    variables = first_variables(generator, 32)

    def train(network):
        return on_one_device(
            lambda variables, L: network.apply(variables, L, train=True, mutable=["batch_stats"])[0]
        )(variables, L)

    network = generator.network
    low, high = train(network), train(network.clone(dtype=jnp.float32))
    assert low.dtype == jnp.float32
    assert {leaf.dtype for leaf in jax.tree.leaves(variables)} == {jnp.dtype("float32")}
    assert jnp.abs(low - high).max() < 0.1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"data.image_size": 96}, "image_size=96.*power of two"),
        ({"generator.name": "vgg"}, "generator.name='vgg'"),
        (
            {"data.image_size": 16, "discriminator.num_layers": 3},
            "image_size=16: too small.*24 pixels",
        ),
    ],
)
def test_networks_that_cannot_be_built(config, changes, message):
    config.update_from_flattened_dict(changes)
    with pytest.raises(InputError, match=message):
        objectives.build(config, 10)
