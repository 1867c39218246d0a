import jax
import jax.numpy as jnp
import numpy as np
import pytest
from comparison import assert_trees_close
from jax.test_util import check_grads

from jaxcolor import config as config_lib
from jaxcolor import scaling, ycbcr
from jaxcolor.backbones import networks
from jaxcolor.data import spaces
from jaxcolor.models import fusion, layers


def image(*shape):
    """Draws pixels of the networks' range."""
    return np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32)


SIZES = [
    ((2, 5, 7, 3), (10, 14)),
    ((6, 6, 2), (24, 24)),
    ((1, 31, 64, 3), (29, 29)),
    ((3, 256, 1), (3, 299)),
    ((3, 500, 1), (3, 299)),
]


@pytest.mark.parametrize(
    ("method", "sizes", "tolerance"),
    [("nearest", SIZES[:2], 0), ("bilinear", SIZES, 4e-6), ("cubic", SIZES, 1e-5)],
)
def test_it_equals_jax(method, sizes, tolerance):
    def both(x, grad):
        value, vjp = jax.vjp(lambda x: scaling.resize(x, *grad.shape[-3:-1], method), x)
        ours = value, *vjp(grad)
        value, vjp = jax.vjp(lambda x: jax.image.resize(x, grad.shape, method), x)
        return ours, (value, *vjp(grad))

    arrays = [(image(*shape), image(*shape[:-3], *size, shape[-1])) for shape, size in sizes]
    for ours, theirs in jax.jit(lambda arrays: [both(*pair) for pair in arrays])(arrays):
        assert_trees_close(ours, theirs, atol=tolerance)


def test_bilinear_by_hand():
    x = jnp.array([0.0, 4.0]).reshape(1, 2, 1)
    np.testing.assert_array_equal(scaling.resize(x, 1, 4).ravel(), [0, 1, 3, 4])
    # Antialiased: three pixels with the weights 3 : 3 : 1 and 1 : 3 : 3.
    x = jnp.array([0.0, 8.0, 0.0, 16.0]).reshape(1, 4, 1)
    np.testing.assert_allclose(scaling.resize(x, 1, 2).ravel(), [24 / 7, 8], rtol=1e-6)


def test_every_order_of_derivative():
    square = jax.jit(lambda x: scaling.resize(x, 1, 5) ** 2)
    check_grads(square, (image(1, 2, 1),), 2, ["rev"], rtol=2e-2)


def test_half_precision_is_kept_and_summed_in_single():
    x = jnp.asarray(image(2, 8, 8, 3), jnp.bfloat16)
    half = scaling.resize(x, 16, 16)
    assert half.dtype == jnp.bfloat16
    single = scaling.resize(x.astype(jnp.float32), 16, 16)
    assert_trees_close(half.astype(jnp.float32), single, atol=0.03)


def decode(x):
    return spaces.SPACES["lab_full"].decode(jnp.zeros((1, 20, 28, 1)), x)


def condition(x):
    """The resizes of the generator that the frozen networks are conditions of."""
    config = config_lib.get_config()
    config.data.image_size = 24
    config.generator.segmentation, config.generator.embedding = (
        "deeplab_v3_mobilenet_v2",
        "mobilenet_v2",
    )
    return fusion.build(config).conditions({"segmentation": {}, "embedding": {}}, x[..., :1])


def chroma(x):
    encoding = ycbcr.Encoding(0.2126, 0.0722, full_range=False, depth=8)
    return ycbcr.chroma(jnp.zeros((32, 24), jnp.uint8), x[0, ..., :2], encoding, (16, 12)) * 1.0


@pytest.mark.parametrize("program", [layers.upsample, decode, condition, chroma])
def test_no_product_of_matrices_is_left_to_gpus(program, monkeypatch):
    def same(frozen, rgb):
        return {"logits": rgb}

    monkeypatch.setattr(networks, "load", lambda *_: networks.Backbone(same, {}, ""))

    def backward(x):
        y, vjp = jax.vjp(program, x)
        return vjp(y)

    traced = jax.jit(backward).trace(image(1, 5, 7, 3))
    assert "dot_general" not in traced.lower(lowering_platforms=("cuda",)).as_text()
