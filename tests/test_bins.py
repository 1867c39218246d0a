"""Colors as a distribution over bins of a and b."""

import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import seeded_networks
import skimage.color
import sweep_colorfulness
from conftest import INIT_KEY, first_variables
from one_device import on_one_device

from jaxcolor import color, colorize, evaluate, images, inference, models, objectives
from jaxcolor.config import InputError
from jaxcolor.config_checks import UnreadFieldsError
from jaxcolor.data import bins
from jaxcolor.losses import classification
from jaxcolor.training import loop

# Gray, a neighbor in a, one in b, and one far away; no bin at (10, 10).
CENTERS = np.array([(0, 0), (10, 0), (0, 10), (50, -40)], np.float32)
SHARES = (0.7, 0.2, 0.08, 0.02)


def make_bins(colorfulness=1.0, temperature=1.0, rebalancing=1.0):
    weights = bins.rebalance(np.array(SHARES))
    return bins.Bins(CENTERS, weights, rebalancing, colorfulness, temperature)


def normalized(*ab):
    return jnp.array(ab, jnp.float32) / color.AB_SCALE


@pytest.mark.parametrize(
    ("ab", "shares"),
    [
        ((0, 0), (1, 0, 0, 0)),
        ((4, 0), (0.6, 0.4, 0, 0)),
        # Of the neighbors (0, 0), (10, 0), (0, 10) and (10, 10) the last is no bin.
        ((5, 5), (1 / 3, 1 / 3, 1 / 3, 0)),
        ((2, 5), (0.4 / 0.9, 0.1 / 0.9, 0.4 / 0.9, 0)),
        ((56, -44), (0, 0, 0, 1)),
        # No neighbor is a bin.
        ((80, -80), (0, 0, 0, 0)),
    ],
)
def test_colors_are_shared_among_the_neighbors_on_the_grid(ab, shares):
    np.testing.assert_allclose(make_bins().encode(normalized(*ab)), shares, atol=1e-5)


def test_a_color_on_or_between_bins_survives_encoding():
    ab = normalized((0, 0), (7, 0), (0, 2.5))
    logits = jnp.log(make_bins().encode(ab) + 1e-12)
    np.testing.assert_allclose(make_bins().decode(logits), ab, atol=1e-6)


def test_weights_are_inverse_to_the_mixture_with_the_uniform_distribution():
    weights = bins.rebalance(np.array(SHARES))
    inverse = [1 / (0.5 * share + 0.5 / 4) for share in SHARES]
    np.testing.assert_allclose(weights / weights[0], np.array(inverse) / inverse[0], rtol=1e-6)
    assert np.dot(SHARES, weights) == pytest.approx(1)


def test_colorfulness_leaves_a_share_of_the_log_weights_in():
    logits = jnp.log(jnp.array(SHARES) * make_bins().weights)
    faithful = make_bins(colorfulness=0).decode(logits)
    np.testing.assert_allclose(faithful, normalized(*(SHARES @ CENTERS)), atol=1e-6)
    half = np.array(SHARES) * np.sqrt(make_bins().weights)
    np.testing.assert_allclose(
        make_bins(colorfulness=0.5).decode(logits),
        normalized(*(half @ CENTERS / half.sum())),
        atol=1e-6,
    )


def test_what_a_network_learned_with_fewer_weights_gets_the_others_when_colors_are_read():
    shares, weights = jnp.array(SHARES), make_bins().weights
    for rebalancing in (0.0, 0.5):
        read = make_bins(0.75, rebalancing=rebalancing).decode(
            jnp.log(shares * weights**rebalancing)
        )
        np.testing.assert_allclose(
            read, make_bins(0.75).decode(jnp.log(shares * weights)), atol=1e-6
        )


def test_temperature_sharpens_towards_the_most_probable_bin():
    logits = jnp.array([0.0, 1.0, 0.5, 0.0])
    np.testing.assert_allclose(
        make_bins(temperature=0.01).decode(logits), normalized(10, 0), atol=1e-6
    )


def test_cross_entropy_is_the_hand_computed_one():
    # Blocks of 2 × 2 pixels are averaged, to (4, 0) and (0, 10).
    ab = normalized(*[[(4, 0), (4, 0), (0, 8), (0, 12)], [(0, 0), (8, 0), (0, 10), (0, 10)]])
    logits = jnp.array([[1.0, 2.0, 0.0, -1.0], [0.5, 0.0, 1.0, 0.0]])
    log_shares = logits - jnp.log(jnp.exp(logits).sum(-1, keepdims=True))
    weights = make_bins().weights
    expected = -0.5 * (
        (0.6 * weights[0] + 0.4 * weights[1]) * (0.6 * log_shares[0, 0] + 0.4 * log_shares[0, 1])
        + weights[2] * log_shares[1, 2]
    )
    loss = classification.cross_entropy(logits[None, None], ab[None], make_bins())
    np.testing.assert_allclose(loss, expected, rtol=1e-5)
    plain = -0.5 * (0.6 * log_shares[0, 0] + 0.4 * log_shares[0, 1] + log_shares[1, 2])
    loss = classification.cross_entropy(logits[None, None], ab[None], make_bins(rebalancing=0.0))
    np.testing.assert_allclose(loss, plain, rtol=1e-5)


@pytest.fixture
def bins_config(config):
    config.data.color_space = "lab_bins"
    config.data.bins.a, config.data.bins.b = CENTERS.astype(int).T.tolist()
    config.data.bins.shares = SHARES
    config.objective.lambda_l1 = 0.0
    config.objective.lambda_bins = 1.0
    return config


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("shares", (), "a, b and shares have 4, 4, 0 numbers"),
        ("a", (0, 10), "a, b and shares have 2, 4, 4 numbers"),
        ("a", (0, 10, 5, 50), "must be multiples of 10"),
        ("a", (0, 10, 10, 50), "each pair once"),
        ("shares", (0.5, 0.5, 0.0, 0.1), "the least is 0.0"),
        ("rebalancing", 1.5, "rebalancing=1.5"),
        ("colorfulness", 1.5, "colorfulness=1.5"),
        ("temperature", 0.0, "temperature=0.0"),
    ],
)
def test_wrong_bins_are_refused_by_name(bins_config, field, value, message):
    if field == "a" and value == (0, 10, 10, 50):
        bins_config.data.bins.b = (0, 0, 0, -40)
    bins_config.data.bins[field] = value
    with pytest.raises(InputError, match=message):
        models.build_space(bins_config)


@pytest.mark.parametrize(
    "name",
    ["unet", "dynamic_unet", "mobile_unet", "residual_unet", "residual", "resnet", "fusion"],
)
def test_every_generator_takes_bins(bins_config, name):
    bins_config.generator.name = name
    space, generator = models.build_space(bins_config), models.build_generator(bins_config)
    variables = seeded_networks.variables(generator, 32)
    gray = jnp.linspace(-1, 1, 2 * 32 * 32).reshape(2, 32, 32, 1)
    output = jax.jit(generator.apply)(variables, generator.frozen, gray)
    assert output.shape[-1] == len(CENTERS)
    assert float(output.min()) < 0  # Logits, of no activation.
    assert jax.eval_shape(space.decode, gray, output).shape == (2, 32, 32, 2)


def test_discriminators_are_given_the_decoded_colors(bins_config):
    objective = objectives.build(bins_config, 2)
    state = jax.jit(objective.init)(INIT_KEY)
    rgb = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3), dtype=np.uint8)
    batch = models.build_space(bins_config).to_network(rgb)
    after, metrics = on_one_device(objective.step)(
        state, objective.frozen, batch, jax.random.key(0)
    )
    assert {"G_GAN", "G_bins"} <= set(metrics)
    first = after.networks["discriminator"].params["Conv_0"]["kernel"]
    assert first.shape[2] == 3  # L, a and b.


def test_a_weight_without_bins_has_no_effect(config):
    config.objective.lambda_bins = 1.0
    with pytest.raises(UnreadFieldsError, match=r"config\.objective\.lambda_bins=1\.0"):
        objectives.build(config, 2)


def test_colorfulness_is_a_choice_of_the_colorizer(bins_config):
    variables = first_variables(models.build_generator(bins_config), 32)
    gray = np.tile(np.arange(0, 256, 8, dtype=np.uint8), (32, 1))
    by_default = inference.Colorizer(bins_config, variables)
    same = inference.Colorizer(bins_config, variables, colorfulness=0.5, temperature=1.0)
    other = inference.Colorizer(bins_config, variables, colorfulness=1.0)
    np.testing.assert_array_equal(by_default(gray), same(gray))
    assert (by_default(gray) != other(gray)).any()
    changed = by_default.with_colorfulness(1.0)
    np.testing.assert_array_equal(changed(gray), other(gray))
    assert changed.config.data.bins.colorfulness == 1.0
    np.testing.assert_array_equal(changed.with_colorfulness(0.5)(gray), by_default(gray))
    assert bins_config.data.bins.colorfulness == 0.5
    with pytest.raises(InputError, match=r"colorfulness=2\.0: must be in \[0, 1\]"):
        inference.Colorizer(bins_config, variables, colorfulness=2)


def test_colorfulness_without_bins_is_a_factor_on_a_and_b(config):
    variables = first_variables(models.build_generator(config), 32)
    variables["params"]["up_0"]["bias"] = np.array([0.2, -0.1], np.float32)
    gray = np.full((32, 32), 128, np.uint8)

    def chroma(**options):
        colorizer = inference.Colorizer(config, variables, **options)
        alone, in_batch = colorizer(gray), colorizer.predict(gray[None, ..., None].repeat(3, -1))[0]
        np.testing.assert_array_equal(alone, in_batch)
        return np.linalg.norm(skimage.color.rgb2lab(alone)[..., 1:], axis=-1).mean()

    half = inference.Colorizer(config, variables).with_colorfulness(0.5)
    np.testing.assert_array_equal(
        half(gray), inference.Colorizer(config, variables, colorfulness=0.5)(gray)
    )
    assert chroma(colorfulness=0) < 0.1
    assert chroma(colorfulness=0.5) == pytest.approx(chroma() / 2, rel=0.1)
    with pytest.raises(InputError, match=r"colorfulness=-1: must be 0 or more"):
        chroma(colorfulness=-1)
    with pytest.raises(InputError, match=r"temperature=1\.0: .*'lab_bins'"):
        chroma(temperature=1)
    config.data.color_space = "rgb"
    with pytest.raises(InputError, match=r"colorfulness=0\.5: .*'lab_bins'"):
        chroma(colorfulness=0.5)


@pytest.fixture
def trained(bins_config, tmp_path):
    """The workdir of a run of two steps."""
    loop.train_and_evaluate(bins_config, tmp_path / "run")
    return tmp_path / "run"


def test_commands_take_colorfulness(trained, run_main, tmp_path):
    photo = tmp_path / "photos" / "a.png"
    images.write(photo, np.tile(np.arange(0, 256, 8, dtype=np.uint8)[:, None], (32, 1, 3)))
    for value in (0, 1):
        options = ("--model", trained, "--output", tmp_path / str(value))
        assert run_main(colorize, photo, *options, "--colorfulness", value).returncode == 0
    faithful, colorful = (images.read(tmp_path / name / "a.png") for name in ("0", "1"))
    assert (faithful != colorful).any()

    scored = run_main(evaluate, "--workdir", trained, "--colorfulness", 0.25)
    assert "colorfulness: 0.25\ntemperature: 1.0\n" in scored.stdout
    refused = run_main(evaluate, "--workdir", trained, "--temperature", -1)
    assert refused.returncode == 1
    assert refused.stderr == "error: temperature=-1.0: must be above 0"


def test_the_sweep_scores_every_setting(trained, run_main, tmp_path):
    settings = ("--colorfulness", 0, 1, "--temperature", 1, 0.2)
    options = ("--model", trained, "--json", tmp_path / "sweep.json")
    done = run_main(sweep_colorfulness, *options, *settings)
    assert done.returncode == 0, done.stderr
    scores = json.loads((tmp_path / "sweep.json").read_text())["scores"]
    assert list(scores) == ["gray", *(f"{c}, temperature {t}" for c in (0, 1) for t in (1, 0.2))]
    assert len({row["colorfulness"]["mean"] for row in scores.values()}) == 5
    done = run_main(sweep_colorfulness, *options, *settings, "--grain", 4)
    assert "grain: 4.0" in done.stdout
    noisy = json.loads((tmp_path / "sweep.json").read_text())["scores"]
    for name, row in scores.items():
        assert (noisy[name] == row) == (name == "gray")
