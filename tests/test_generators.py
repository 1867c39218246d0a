"""What every generator has to do, whatever it is made of."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import seeded_networks
from conftest import INIT_KEY
from one_device import on_one_device

from jaxcolor import models, objectives
from jaxcolor.config import InputError
from jaxcolor.data import spaces

SPACES = {"upscaler": "lab_to_rgb", "resnet": "lab_full", "bilinear_residual_unet": "rgb"}


@pytest.fixture
def built(config, seeded_weights):
    def build(name, **fields):
        config.generator.name = name
        config.data.image_size = 64
        config.data.color_space = SPACES.get(name, "lab")
        if name == "fusion":
            config.generator.segmentation = "deeplab_v3_mobilenet_v2"
            config.generator.embedding = "mobilenet_v2"
        config.generator.update(fields)
        return models.build_generator(config)

    return build


def conv(inputs, outputs, kernel, bias=True):
    return inputs * outputs * kernel**2 + bias * outputs


# pix2pix's, with a bias in the last convolution.
UNET = 54_409_856 + 2
# Report 003's authors' own.
RESIDUAL_UNET = 112_344_320
# CycleGAN's own generator has 11,378,179, biases before its norms included.
CYCLEGAN = 11_378_179 - (64 + 128 + 256 + 9 * 2 * 256 + 128 + 64)


def gate_parameters():
    channels = [64, 128, 256, 512, 512, 512, 512]
    return sum(
        conv(c, c // 2, 1, False) + conv(c, c // 2, 1) + conv(c // 2, 1, 1) for c in channels
    )


def bilinear_parameters():
    def block(inputs, outputs):
        convs = conv(inputs, outputs, 3, False) + conv(outputs, outputs, 3)
        convs += conv(inputs, outputs, 1)
        return convs + 2 * inputs + 2 * outputs

    first = conv(1, 64, 3, False) + 128 + conv(64, 64, 3) + conv(1, 64, 1)
    down = block(64, 128) + block(128, 256) + block(256, 512)
    up = block(512 + 256, 256) + block(256 + 128, 128) + block(128 + 64, 64)
    return first + down + up + conv(64, 3, 1)


def fusion_parameters():
    layers = [(24, 24), (24, 64), (64, 128), (128, 128), (128, 256), (256, 256), (256, 512)]
    layers += [(512, 512), (512, 256), (256, 128), (128, 64), (64, 64), (64, 32), (32, 2)]
    return sum(conv(i, o, 3) for i, o in layers) + conv(1257, 256, 1)


def mobile_parameters():
    # Of each block its expansion, its inputs and outputs.
    blocks = [(1, 32, 16), (6, 16, 24)]
    for channels, count in ((24, 1), (32, 3), (64, 4), (96, 3), (160, 3), (320, 1)):
        blocks += [(6, blocks[-1][2], channels)] + [(6, channels, channels)] * (count - 1)
    encoder = conv(3, 32, 3) + sum(
        (conv(i, e * i, 1) if e > 1 else 0) + conv(1, e * i, 3) + conv(e * i, o, 1)
        for e, i, o in blocks
    )
    decoder = conv(320, 256, 1) + conv(64, 2, 1)
    for i, o in ((256 + 96, 192), (192 + 32, 128), (128 + 24, 64)):
        decoder += conv(i, o, 3, False) + conv(o, o, 3, False) + 2 * 2 * o
    return encoder + decoder


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("unet", UNET),
        ("attention_unet", UNET + gate_parameters()),
        ("dynamic_unet", 31_099_672),
        ("residual_unet", RESIDUAL_UNET),
        ("bilinear_residual_unet", bilinear_parameters()),
        ("residual", 593_666),
        ("upscaler", RESIDUAL_UNET + 612_628),
        ("resnet", CYCLEGAN),
        ("fusion", fusion_parameters()),
        ("mobile_unet", mobile_parameters()),
    ],
)
def test_shapes_and_parameters_at_the_published_size(name, parameters, config, built):
    built(name)
    config.data.image_size = 256
    config.generator.num_filters = 64
    generator = models.build_generator(config)
    variables = models.variable_shapes(generator, 256)
    assert sum(leaf.size for leaf in jax.tree.leaves(variables["params"])) == parameters
    gray = jnp.zeros((1, 256, 256, 1))
    space = models.build_space(config)
    output = jax.eval_shape(generator.apply, variables, generator.frozen, gray)
    colors = jax.eval_shape(space.decode, gray, output)
    assert colors.shape == (1, 256 * space.scale, 256 * space.scale, space.channels)
    assert output.dtype == jnp.float32


# Which the upscaler's authors have.
BIASES_BEFORE_NORMS = {"['correction']['bias']", "['features']['bias']"}


# The U-Net and the Dynamic U-Net have files of their own.
@pytest.mark.parametrize("name", sorted(set(models.GENERATORS) - {"unet", "dynamic_unet"}))
def test_every_parameter_counts_and_low_precision_is_close(name, built):
    generator = built(name, dropout=0.0)
    gray = jax.random.uniform(jax.random.key(0), (2, 64, 64, 1), minval=-1)
    variables = seeded_networks.variables(generator, 64)
    conditions = jax.jit(generator.conditions)(generator.frozen, gray)

    def run(network, params):
        return network.apply(
            {**variables, "params": params},
            gray,
            train=True,
            **conditions,
            mutable=["batch_stats"],
        )[0]

    def loss(params):
        output = run(generator.network, params)
        pattern = jax.random.normal(jax.random.key(2), output.shape)
        return (output * pattern).mean(), output

    differentiate = on_one_device(jax.value_and_grad(loss, has_aux=True))
    (_, high), grads = differentiate(variables["params"])
    for path, leaf in jax.tree_util.tree_leaves_with_path(grads):
        learns = bool(np.abs(leaf).max() > 0)
        label = jax.tree_util.keystr(path)
        assert learns != (path[0].key == "base") or label in BIASES_BEFORE_NORMS, label
    low_network = generator.network.clone(dtype=jnp.bfloat16)
    low = on_one_device(lambda params: run(low_network, params))(variables["params"])
    assert low.dtype == jnp.float32
    scale = np.abs(high).max()
    assert np.abs(low - high).mean() < 0.05 * scale

    for path, _ in jax.tree_util.tree_leaves_with_path(variables["params"]):
        label = jax.tree_util.keystr(path)
        if path[-1].key == "bias" and path[0].key != "base" and label not in BIASES_BEFORE_NORMS:
            params = jax.tree_util.tree_map_with_path(
                lambda place, leaf, path=path: np.asarray(leaf) + 1 if place == path else leaf,
                variables["params"],
            )
            # A norm would take away what a bias before it adds.
            (_, shifted), _ = differentiate(params)
            change = np.abs(shifted - high).max()
            assert change > 1e-4 * scale, label


@pytest.mark.parametrize(("size", "levels"), [(4, 0), (32, 3), (64, 4), (256, 6)])
def test_residual_levels_follow_the_image_size(size, levels, config, built):
    built("residual_unet")
    config.data.image_size = size
    generator = models.build_generator(config)
    variables = models.variable_shapes(generator, size)
    residual = {name for name, layer in variables["params"].items() if "shortcut" in layer}
    assert residual == {f"{way}_{i + 1}" for way in ("down", "up") for i in range(levels)}
    output = jax.eval_shape(generator.apply, variables, {}, jnp.zeros((1, size, size, 1)))
    assert output.shape == (1, size, size, 2)


def test_a_closed_gate_lets_nothing_through():
    from jaxcolor.models.unet import AttentionGate

    gate = AttentionGate()
    skip = jax.random.normal(jax.random.key(0), (1, 4, 4, 8))
    decoder = jax.random.normal(jax.random.key(1), (1, 4, 4, 6))
    params = gate.init(jax.random.key(2), skip, decoder)["params"]
    for bias, share in ((-100.0, 0.0), (100.0, 1.0), (0.0, 0.5)):
        shut = {**params, "psi": {"kernel": params["psi"]["kernel"] * 0, "bias": jnp.array([bias])}}
        np.testing.assert_allclose(
            gate.apply({"params": shut}, skip, decoder), share * skip, atol=1e-6
        )


def test_gray_images_are_color_images_without_color_to_the_residual_generator(built):
    generator = built("resnet")
    gray = jax.random.uniform(jax.random.key(0), (1, 64, 64, 1), minval=-1)
    variables = generator.init(jax.random.key(1), 64)
    padded = jnp.pad(gray, ((0, 0), (0, 0), (0, 0), (0, 2)))
    np.testing.assert_array_equal(
        generator.apply(variables, {}, gray),
        generator.network.apply(variables, padded, train=False),
    )


@pytest.mark.parametrize("missing", ["segmentation", "embedding", "both"])
def test_frozen_parts_can_be_left_out(missing, built):
    parts = ("segmentation", "embedding") if missing == "both" else (missing,)
    generator = built("fusion")
    smaller = built("fusion", **dict.fromkeys(parts, ""))
    assert set(generator.frozen) - set(smaller.frozen) == set(parts)
    assert set(generator.sha256.values()) - set(smaller.sha256.values())
    shapes = models.variable_shapes(smaller, 64)["params"]
    assert ("encoder_first" in shapes) == ("segmentation" not in parts)
    assert shapes["fusion"]["kernel"].shape[2] == 16 + 1001 * ("embedding" not in parts)


def test_fusion_drops_out_while_it_trains(built):
    network = built("fusion", segmentation="", embedding="", dropout=0.2).network
    gray = jax.random.uniform(jax.random.key(0), (1, 64, 64, 1), minval=-1)
    variables = jax.jit(lambda: network.init(INIT_KEY, gray, train=False))()

    def run(network, key=0, train=True):
        rngs = {"dropout": jax.random.key(key)}
        return on_one_device(lambda v: network.apply(v, gray, train=train, rngs=rngs))(variables)

    whole = run(network, train=False)
    np.testing.assert_array_equal(run(network.clone(dropout=0.0)), whole)
    assert not np.allclose(run(network), whole)
    assert not np.allclose(run(network), run(network, key=1))


def test_frozen_parts_get_the_gray_image(built, seeded_weights):
    generator = built("fusion")
    gray = jax.random.uniform(jax.random.key(0), (2, 64, 64, 1), minval=-1)
    found = jax.jit(generator.conditions)(generator.frozen, gray)
    assert found["class_maps"].shape == (2, 64, 64, 21)
    np.testing.assert_allclose(found["class_maps"].sum(-1), 1, atol=1e-5)
    assert found["embedding"].shape == (2, 1001)
    alone = jax.jit(generator.conditions)(generator.frozen, gray[1:])
    scale = np.abs(found["embedding"]).max()
    np.testing.assert_allclose(alone["embedding"][0], found["embedding"][1], atol=1e-4 * scale)


def test_frozen_parts_get_the_same_gray_image_in_every_color_space(config, built):
    photo = np.arange(64 * 64, dtype=np.uint8).reshape(1, 64, 64, 1).repeat(3, axis=-1)
    built("fusion", segmentation="")
    found = {}
    for name in ("lab", "rgb"):
        config.data.color_space = name
        generator = models.build_generator(config)
        gray = spaces.build(config.data).to_gray(photo)
        found[name] = jax.jit(generator.conditions)(generator.frozen, gray)["embedding"]
    scale = np.abs(found["lab"]).max()
    np.testing.assert_allclose(found["rgb"], found["lab"], atol=1e-3 * scale)


@pytest.mark.parametrize(
    ("name", "fields", "size", "message"),
    [
        ("residual_unet", {}, 96, "image_size=96: .*must be a power of two"),
        ("bilinear_residual_unet", {}, 36, r"image_size=36: .*multiple of 8, such as 40"),
        ("resnet", {}, 30, "image_size=30: .*multiple of 4"),
        ("fusion", {}, 36, "image_size=36: .*multiple of 8"),
        ("fusion", {"embedding": "vgg16"}, 64, "embedding='vgg16': must be empty or one of"),
        ("fusion", {"segmentation": "resnet18"}, 64, "segmentation='resnet18': must be empty"),
        ("mobile_unet", {}, 48, "image_size=48: .*multiple of 32"),
        ("dynamic_unet", {}, 16, "image_size=16: too small .* 17 pixels"),
    ],
)
def test_what_a_generator_cannot_do_is_said(name, fields, size, message, config, built):
    built(name)
    config.data.image_size = size
    config.generator.update(fields)
    with pytest.raises(InputError, match=message):
        models.build_generator(config)


def test_an_upscaler_makes_rgb_of_twice_the_size(config, built):
    built("upscaler")
    assert models.output_size(config) == 2 * config.data.image_size
    assert models.build_space(config).scale == 2
    config.data.color_space = "lab"
    with pytest.raises(InputError, match="makes RGB images; set it to 'lab_to_rgb'"):
        models.build_generator(config)


def test_weights_that_are_missing_name_the_field(config):
    config.generator.name = "fusion"
    config.generator.embedding = "mobilenet_v2"
    with pytest.raises(InputError, match=r"config\.generator\.embedding='mobilenet_v2': .*not on"):
        objectives.build(config, 1)
    config.generator.name = "dynamic_unet"
    config.generator.pretrained = True
    generator = models.build_generator(config)
    with pytest.raises(InputError, match=r"pretrained=True: .*resnet18-f37072fd.*set it to False"):
        generator.start({})


@pytest.mark.parametrize("name", ["dynamic_unet", "mobile_unet"])
def test_generators_with_an_encoder_pass_its_rate_on(name, built):
    assert built(name, encoder_rate=0.1).encoder_rate == 0.1
    assert "encoder" in models.variable_shapes(built(name), 64)["params"]


def test_a_rate_of_0_freezes_the_encoders_norms(built):
    assert built("dynamic_unet", encoder_rate=0.0).network.frozen_encoder
    assert not built("dynamic_unet", encoder_rate=0.1).network.frozen_encoder
