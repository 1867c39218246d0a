"""The Dynamic U-Net against fastai's, on weights drawn by name."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import seeded
import seeded_networks
from comparison import assert_trees_close
from conftest import INIT_KEY, ROOT
from one_device import on_one_device

from jaxcolor.backbones import conversion, resnet
from jaxcolor.config import InputError
from jaxcolor.models import dynamic_unet

GOLDEN = ROOT / "tests" / "goldens" / "dynamic_unet.npz"
NETWORK = dynamic_unet.DynamicUNet()
RESNET = resnet.ResNet(18, resnet.TAPS[:-1])


def shapes(network=NETWORK, size=64):
    gray = jnp.zeros((1, size, size, 1))
    return jax.eval_shape(lambda: network.init(jax.random.key(0), gray, train=False))


def fastai_layer(keys):
    """Our layer, as the keys that lead to it, to fastai's name of it."""
    name = keys[0]
    if name == "encoder":
        stem = {"conv1": "0", "bn1": "1"}
        layer, *rest = keys[1].split(".")
        place = stem[layer] if layer in stem else str(int(layer.removeprefix("layer")) + 3)
        return ".".join(["layers.0", place, *rest])
    kind, *numbers = name.split("_")
    if kind == "conv":
        return f"layers.{4 + int(numbers[0])}.conv{int(numbers[1]) + 1}.0"
    if kind == "up":
        return "layers.8.0.0" if numbers == ["4"] else f"layers.{4 + int(numbers[0])}.shuf.0.0"
    if kind == "norm" and numbers:
        return f"layers.{4 + int(numbers[0])}.bn"
    return {
        "norm": "layers.1",
        "middle_0": "layers.3.0.0",
        "middle_1": "layers.3.1.0",
        "residual_0": "layers.11.convpath.0.0",
        "residual_1": "layers.11.convpath.1.0",
        "last": "layers.12.0",
    }[name]


@pytest.fixture(scope="module")
def drawn():
    """Variables as fastai's names draw them."""
    theirs = {"kernel": "weight", "scale": "weight", "mean": "running_mean", "var": "running_var"}

    def draw(path, leaf):
        *keys, kind = (part.key for part in path[1:])
        name = f"{fastai_layer(keys)}.{theirs.get(kind, kind)}"
        if kind != "kernel":
            return seeded.feature_weights({name: leaf.shape})[name]
        height, width, inputs, outputs = leaf.shape
        weight = seeded.feature_weights({name: (outputs, inputs, height, width)})[name]
        return weight.transpose(2, 3, 1, 0)

    return jax.tree_util.tree_map_with_path(draw, shapes())


@pytest.fixture(scope="module")
def started():
    """Variables as the network starts with them."""
    gray = jnp.zeros((1, 32, 32, 1))
    return jax.jit(lambda key: NETWORK.init(key, gray, train=False))(INIT_KEY)


@pytest.mark.parametrize(("size", "train"), [(64, False), (45, False), (64, True)])
def test_equals_fastai(drawn, size, train):
    gray = seeded.normal("gray", (2, size, size, 1))
    colors, _ = on_one_device(
        lambda v, x: NETWORK.apply(v, x, train=train, mutable=["batch_stats"])
    )(drawn, gray)
    with np.load(GOLDEN) as golden:
        expected = golden[f"{'train' if train else 'eval'}_{size}"]
    error = np.abs(seeded.pick(np.asarray(colors)) - expected).max()
    assert error <= 1e-4 * np.abs(expected).max()


def test_as_many_parameters_as_fastai():
    with np.load(GOLDEN) as golden:
        expected = golden["num_parameters"]
    assert sum(leaf.size for leaf in jax.tree.leaves(shapes()["params"])) == expected


@pytest.mark.parametrize("size", [17, 32, 64, 256])
def test_output_has_the_inputs_size(size):
    network = dynamic_unet.DynamicUNet(num_outputs=3)
    gray = jnp.zeros((2, size, size, 1))
    colors = jax.eval_shape(lambda v: network.apply(v, gray, train=False), shapes(network, size))
    assert (colors.shape, colors.dtype) == ((2, size, size, 3), jnp.float32)


def test_a_frozen_encoder_keeps_its_statistics(started):
    gray = seeded.normal("gray", (2, 32, 32, 1))
    network = NETWORK.clone(frozen_encoder=True)
    _, changed = on_one_device(
        lambda v: network.apply(v, gray, train=True, mutable=["batch_stats"])
    )(started)
    before, after = started["batch_stats"], changed["batch_stats"]
    assert_trees_close(after["encoder"], before["encoder"])
    assert np.any(after["norm"]["mean"] != before["norm"]["mean"])


def test_every_parameter_learns(started):
    gray = seeded.normal("gray", (2, 32, 32, 1))

    def loss(params):
        colors, _ = NETWORK.apply(
            {**started, "params": params}, gray, train=True, mutable=["batch_stats"]
        )
        return (colors**2).mean()

    grads = on_one_device(jax.grad(loss))(started["params"])
    for path, grad in jax.tree_util.tree_leaves_with_path(grads):
        assert np.isfinite(grad).all(), path
        assert np.any(grad), path


def test_low_precision_stays_close_and_comes_out_high(drawn):
    gray = seeded.normal("gray", (2, 32, 32, 1))
    high, low = (
        jax.jit(lambda v, x, n=network: n.apply(v, x, train=False))(drawn, gray)
        for network in (NETWORK, NETWORK.clone(dtype=jnp.bfloat16))
    )
    assert low.dtype == jnp.float32
    assert np.any(low != high)
    assert jnp.abs(low - high).max() < 0.05 * jnp.abs(high).max()


def test_upsampling_starts_without_a_checkerboard(started):
    gray = seeded.normal("gray", (1, 32, 32, 1))
    _, state = jax.jit(
        lambda variables: NETWORK.apply(
            variables,
            gray,
            train=False,
            mutable=["intermediates"],
            capture_intermediates=lambda module, _: isinstance(module, dynamic_unet.Upsample),
        )
    )(started)
    outputs = jax.tree.leaves(state["intermediates"])
    assert [x.shape[1] for x in outputs] == [2, 4, 8, 16, 32]
    for x in map(np.asarray, outputs):
        corners = x[:, ::2, ::2]
        assert corners.std() > 0
        np.testing.assert_allclose(x, corners.repeat(2, 1).repeat(2, 2), rtol=1e-5, atol=1e-6)


def test_encoder_equals_the_frozen_network_on_gray(started):
    tensors = seeded_networks.tensors(RESNET, 32)
    variables = dynamic_unet.encoder_from_resnet18(started, tensors)
    gray = seeded.normal("gray", (2, 32, 32, 1))
    encoder = {kind: variables[kind]["encoder"] for kind in variables}
    ours = jax.jit(lambda v, x: dynamic_unet.Encoder().apply(v, x, train=False))(encoder, gray)
    frozen = conversion.to_variables(RESNET, tensors, 32)
    theirs = jax.jit(RESNET.apply)(frozen, gray.repeat(3, -1))
    assert ours.keys() == theirs.keys()
    for name, expected in theirs.items():
        assert jnp.abs(ours[name] - expected).max() <= 1e-4 * jnp.abs(expected).max(), name
    rest = [
        {kind: {k: v for k, v in tree[kind].items() if k != "encoder"} for kind in tree}
        for tree in (variables, started)
    ]
    assert_trees_close(*rest)


def test_other_encoders_are_refused():
    tensors = seeded_networks.tensors(RESNET, 32)
    for name in ("conv1.weight", "layer4.1.bn2.running_var"):
        missing = {k: v for k, v in tensors.items() if k != name}
        with pytest.raises(InputError, match=f"lack 1 .* ResNet-18 needs, .*'{name}'"):
            dynamic_unet.encoder_from_resnet18(shapes(), missing)
        misshapen = {**tensors, name: tensors[name][:5]}
        with pytest.raises(InputError, match=f"the shape of {name} is"):
            dynamic_unet.encoder_from_resnet18(shapes(), misshapen)
