import jax
import jax.numpy as jnp
import numpy as np
import pytest
import seeded
from comparison import assert_trees_close
from conftest import ROOT
from one_device import on_one_device

from jaxcolor import models, objectives
from jaxcolor.config import InputError
from jaxcolor.models import unet
from jaxcolor.models.patchgan import PatchGAN

GOLDEN = ROOT / "tests" / "goldens" / "unet.npz"


def pytorch_unet_shapes(levels, num_filters):
    """Names and shapes of a PyTorch pix2pix U-Net's state dict, block by block."""
    filters = [num_filters * min(2**level, 8) for level in range(levels)]
    shapes = {}

    def norm(name, channels):
        for part in ("weight", "bias", "running_mean", "running_var"):
            shapes[f"{name}.{part}"] = (channels,)

    shapes["model.model.0.weight"] = (filters[0], 1, 4, 4)
    shapes["model.model.3.weight"] = (2 * filters[0], 2, 4, 4)
    shapes["model.model.3.bias"] = (2,)
    block = "model.model.1.model"
    for level in range(1, levels):
        outer, inner = filters[level - 1], filters[level]
        shapes[f"{block}.1.weight"] = (inner, outer, 4, 4)
        if level == levels - 1:
            shapes[f"{block}.3.weight"] = (inner, outer, 4, 4)
            norm(f"{block}.4", outer)
        else:
            norm(f"{block}.2", inner)
            shapes[f"{block}.5.weight"] = (2 * inner, outer, 4, 4)
            norm(f"{block}.6", outer)
            block += ".3.model"
    return shapes


def converted(levels=6, num_filters=4):
    return unet.from_pytorch(seeded.weights(pytorch_unet_shapes(levels, num_filters)))


def golden_input():
    return np.moveaxis(seeded.normal("input", (2, 1, 64, 64)), 1, -1)


def test_unet_equals_pytorch_in_evaluation_and_in_training():
    with np.load(GOLDEN) as golden:
        expected = {name: np.moveaxis(golden[name], 1, -1) for name in ("eval", "train")}
    network = unet.UNet(levels=6, num_filters=4, dropout=0.0)
    variables, x = converted(), golden_input()
    evaluated = network.apply(variables, x, train=False)
    trained, _ = on_one_device(
        lambda variables, x: network.apply(variables, x, train=True, mutable=["batch_stats"])
    )(variables, x)
    np.testing.assert_allclose(evaluated, expected["eval"], atol=1e-5)
    np.testing.assert_allclose(trained, expected["train"], atol=1e-5)


def test_converted_weights_have_the_networks_own_structure():
    network = unet.UNet(levels=6, num_filters=4)
    own = jax.eval_shape(
        lambda: network.init(jax.random.key(0), jnp.zeros((1, 64, 64, 1)), train=False)
    )
    assert jax.tree.map(np.shape, converted()) == jax.tree.map(np.shape, own)


def test_parameter_counts_equal_the_published_networks(config):
    def count(network, *args, **kwargs):
        variables = jax.eval_shape(lambda: network.init(jax.random.key(0), *args, **kwargs))
        return sum(np.prod(leaf.shape) for leaf in jax.tree.leaves(variables["params"]))

    with np.load(GOLDEN) as golden:
        expected = golden["num_parameters"]
    generator = unet.UNet(levels=8)
    assert count(generator, jnp.zeros((1, 256, 256, 1)), train=False) == expected
    # 4·4·3·64 + 64, then 4·4·in·out + 2·out for 128, 256 and 512, then 4·4·512 + 1.
    assert count(PatchGAN(), jnp.zeros((1, 256, 256, 3))) == 2_765_633


def test_foreign_weights_are_refused():
    weights = seeded.weights(pytorch_unet_shapes(6, 4))
    missing = {k: v for k, v in weights.items() if k != "model.model.1.model.2.running_mean"}
    with pytest.raises(InputError, match=r"have no 'model.model.1.model.2.running_mean'"):
        unet.from_pytorch(missing)
    with pytest.raises(InputError, match=r"unknown to a pix2pix U-Net: \['classifier.weight'"):
        unet.from_pytorch({**weights, "classifier.weight": np.zeros(3)})
    with pytest.raises(InputError, match="unknown to a pix2pix U-Net"):
        unet.from_pytorch({"layer1.weight": np.zeros(3)})


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
    apply = on_one_device(lambda v: network.apply(v, pair, mutable=["batch_stats"]))
    out, _ = jax.eval_shape(apply, variables)
    assert out.shape == (1, 30, 30, 1)


def test_patchgan_has_a_receptive_field_of_70_by_70_pixels():
    network = PatchGAN(num_filters=2, norm="none")
    pair = jax.random.normal(jax.random.key(0), (1, 256, 256, 3))
    variables = network.init(jax.random.key(1), pair)
    grad = jax.grad(lambda p: network.apply(variables, p)[0, 15, 15, 0])(pair)
    rows = np.flatnonzero(np.abs(grad).sum((0, 2, 3)))
    assert rows[-1] - rows[0] + 1 == 70


@pytest.mark.parametrize("norm", ["instance", "layer", "none"])
def test_norms_without_a_batch_keep_examples_apart(norm):
    network = PatchGAN(num_filters=4, norm=norm)
    pairs = jax.random.normal(jax.random.key(0), (3, 32, 32, 3))
    variables = network.init(jax.random.key(1), pairs)
    whole = network.apply(variables, pairs)
    assert_trees_close(network.apply(variables, pairs[:1]), whole[:1], atol=1e-5)


def test_low_precision_stays_close_and_comes_out_high(config):
    config.train.dtype = "bfloat16"
    config.generator.dropout = 0.0
    network = models.build_generator(config).network
    L = jax.random.uniform(jax.random.key(0), (2, 32, 32, 1), minval=-1)
    variables = network.init(jax.random.key(1), L, train=False)

    def train(network):
        return on_one_device(
            lambda variables, L: network.apply(variables, L, train=True, mutable=["batch_stats"])[0]
        )(variables, L)

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
