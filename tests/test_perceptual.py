"""LPIPS and content losses against the packages that define them, and as terms of training."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import seeded
from conftest import INIT_KEY, ROOT
from one_device import on_one_device

from jaxcolor import models, objectives
from jaxcolor.backbones import weights
from jaxcolor.config import InputError
from jaxcolor.losses import perceptual, reconstruction
from jaxcolor.metrics import evaluation, report
from jaxcolor.metrics.evaluation import Evaluation
from jaxcolor.metrics.lpips import LpipsScore
from jaxcolor.objectives import terms
from jaxcolor.training import loop


@pytest.fixture(autouse=True)
def installed(seeded_weights):
    return seeded_weights


@pytest.fixture(scope="module")
def goldens():
    with np.load(ROOT / "tests" / "goldens" / "perceptual.npz") as arrays:
        return dict(arrays)


def pairs():
    return (jnp.asarray(seeded.pictures(name), jnp.float32) / 255 for name in ("one", "other"))


def test_lpips_equals_the_packages(goldens):
    ours = LpipsScore()(seeded.pictures("one"), seeded.pictures("other"))
    np.testing.assert_allclose(ours, goldens["lpips"], rtol=1e-4)
    term = perceptual.lpips(32)
    assert term.sha256 == {"vgg16": "vgg16 hash", "lpips_vgg": "lpips_vgg hash"}
    loss = jax.jit(term.loss)(term.variables, *(images[:2] for images in pairs()))
    assert float(loss) == pytest.approx(goldens["lpips"][:2].mean(), rel=1e-4)


@pytest.mark.parametrize("tap", ["conv7", "conv13"])
def test_content_equals_torchvisions_features(tap, goldens):
    term = perceptual.content("vgg16", tap, 44)
    loss = jax.jit(term.loss)(term.variables, *pairs())
    assert float(loss) == pytest.approx(float(goldens[tap]), rel=1e-4)


@pytest.mark.parametrize("make", [lambda: perceptual.lpips(16), lambda: content_64()])
def test_gradients_are_finite_everywhere(make):
    term = make()
    gradient = jax.jit(jax.grad(term.loss, argnums=1))
    noise = np.random.default_rng(0).random((1, 16, 16, 3), np.float32)
    black, white = np.zeros_like(noise), np.ones_like(noise)
    for fake, real in ((noise, noise), (black, black), (black, white), (white, noise)):
        found = gradient(term.variables, fake, real)
        assert np.isfinite(found).all()
    assert np.abs(gradient(term.variables, noise, white)).max() > 0


def content_64():
    return perceptual.content("vgg16", "relu4", 16)


def test_black_pixels_without_features_have_no_gradient(installed):
    """Where every activation is zero, the length that LPIPS divides by is zero too."""
    for name in installed["vgg16"]:
        if name.endswith("bias"):
            installed["vgg16"][name] = np.full_like(installed["vgg16"][name], -1e3)
    term = perceptual.lpips(16)
    image = np.zeros((1, 16, 16, 3), np.float32)
    loss, gradient = jax.jit(jax.value_and_grad(term.loss, argnums=1))(term.variables, image, image)
    assert loss == 0
    np.testing.assert_array_equal(gradient, 0)


@pytest.fixture
def perceptual_config(config):
    config.data.image_size = 16
    config.data.batch_size = 2
    config.generator.dropout = 0.0
    config.objective.lambda_gan = 0.5
    config.objective.lambda_content = 2.0
    config.objective.content_backbone = "inception_v3_fid"
    config.objective.content_tap = "64"
    config.objective.lambda_lpips = 3.0
    return config


def test_any_weighted_sum_trains_and_leaves_the_networks_alone(perceptual_config):
    objective = objectives.build(perceptual_config, 10)
    state = jax.jit(objective.init)(INIT_KEY)
    assert state.networks.keys() == {"generator", "discriminator"}
    assert objective.sha256 == {
        name: f"{name} hash" for name in ("inception_v3_fid", "vgg16", "lpips_vgg")
    }
    rng = jax.random.split(jax.random.key(0), 3)
    batch = {
        "gray": jax.random.uniform(rng[0], (2, 16, 16, 1), minval=-1),
        "target": jax.random.uniform(rng[1], (2, 16, 16, 2), minval=-0.5, maxval=0.5),
        "rgb": jax.random.uniform(rng[2], (2, 16, 16, 3)),
    }
    step = on_one_device(objective.step)
    history = []
    for _ in range(4):
        state, metrics = step(state, objective.frozen, batch, jax.random.key(0))
        history.append({name: float(metrics[name]) for name in ("G_L1", "G_content", "G_LPIPS")})
    assert history[-1]["G_L1"] < history[0]["G_L1"]
    assert all(0 < value < np.inf for values in history for value in values.values())


def test_the_gradient_is_the_weighted_sum_of_the_terms_gradients(perceptual_config):
    built = terms.build(perceptual_config)
    space = models.build_space(perceptual_config)
    content, lpips = perceptual.content("inception_v3_fid", "64", 16), perceptual.lpips(16)
    batch = {
        "gray": seeded.normal("L", (1, 16, 16, 1), 0.3),
        "target": seeded.normal("ab", (1, 16, 16, 2), 0.2),
        "rgb": np.random.default_rng(0).random((1, 16, 16, 3), np.float32),
    }
    output = seeded.normal("fake ab", (1, 16, 16, 2), 0.2)

    def single(ab, variables):
        fake = space.join(batch["gray"], ab)
        return jnp.stack(
            [
                reconstruction.l1(ab, batch["target"]),
                content.loss(variables[0], fake, batch["rgb"]),
                lpips.loss(variables[1], fake, batch["rgb"]),
            ]
        )

    differentiate = jax.jit(jax.value_and_grad(built.loss, argnums=2, has_aux=True))
    (loss, parts), gradient = differentiate(built.frozen, batch, output)
    variables = (content.variables, lpips.variables)
    values = jax.jit(single)(output, variables)
    gradients = jax.jit(jax.jacrev(single))(output, variables)
    weights = np.array([100, 2, 3])
    np.testing.assert_allclose([parts[name] for name in built.names], values, rtol=1e-5)
    assert float(loss) == pytest.approx(float(weights @ values), rel=1e-5)
    expected = np.tensordot(weights, gradients, 1)
    scale = np.abs(expected).max()
    np.testing.assert_allclose(gradient, expected, atol=1e-5 * scale)
    for weight, term in zip(weights, gradients, strict=True):
        assert np.abs(weight * term).max() > 1e-3 * scale  # Without it the sum would differ.


def test_a_run_goes_on_only_with_the_same_weights(perceptual_config, monkeypatch, tmp_path):
    perceptual_config.objective.lambda_lpips = 0.0
    loop.train_and_evaluate(perceptual_config, tmp_path / "run")
    size = sum(path.stat().st_size for path in (tmp_path / "run" / "checkpoints").rglob("*"))
    assert size < 2e6
    perceptual_config.train.num_steps = 3
    assert loop.train_and_evaluate(perceptual_config, tmp_path / "run").step == 3

    loaded = weights.load("inception_v3_fid")._replace(sha256="another")
    monkeypatch.setattr(weights, "load", lambda name: loaded)
    perceptual_config.train.num_steps = 4
    with pytest.raises(InputError, match=r"'inception_v3_fid hash'.*'another'"):
        loop.train_and_evaluate(perceptual_config, tmp_path / "run")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"content_backbone": "vgg"}, r"lambda_content=2\.0: there is no backbone 'vgg'.*vgg16"),
        ({"content_tap": "conv14"}, r"'inception_v3_fid' has no tap 'conv14'; it has 64, 192"),
        ({"content_tap": "2048"}, r"images of 16 × 16 pixels are too small for tap '2048'"),
        ({"content_backbone": "resnet18", "content_tap": "stem"}, "ends before stem.*bn1"),
    ],
)
def test_mistakes_name_the_field_and_the_fix(perceptual_config, changes, message, installed):
    del installed["resnet18"]["bn1.bias"]
    perceptual_config.objective.update(changes)
    with pytest.raises(InputError, match=message):
        objectives.build(perceptual_config, 10)


def test_lpips_needs_some_pixels(config):
    config.data.image_size = 8
    config.discriminator.num_layers = 1
    config.objective.lambda_lpips = 1.0
    with pytest.raises(InputError, match=r"config\.objective\.lambda_lpips=1\.0: LPIPS needs"):
        objectives.build(config, 10)


def test_heads_of_another_kind_are_refused(installed):
    installed["lpips_vgg"].pop("lin3.model.1.weight")
    with pytest.raises(InputError, match=r"lpips_vgg\.npz: holds no lin3\.model\.1\.weight of"):
        LpipsScore()


def test_lpips_stands_in_the_table_with_its_weights_or_the_reason(installed, monkeypatch):
    monkeypatch.setattr(evaluation, "FeatureScores", NoFeatures)
    rgb = seeded.pictures("one", 3)
    scores = Evaluation()
    assert scores.min_size == 16
    scores.add({"model": rgb}, rgb)
    rows = scores.summary()
    assert rows["model"]["LPIPS"] == {"mean": 0, "max": 0, "min": 0}
    assert rows["gray"]["LPIPS"]["mean"] > 0
    assert scores.facts()["LPIPS"] == "v0.1, VGG-16, weights vgg16 ha, lpips_vg"
    lines = report.table(rows).splitlines()
    assert "LPIPS" in lines[0]
    assert [line.count("|") for line in lines] == [lines[0].count("|")] * len(lines)

    installed["vgg16"].clear()
    scores = Evaluation()
    assert scores.min_size == 11
    scores.add({"model": rgb}, rgb)
    assert "LPIPS" not in report.table(scores.summary())
    assert "LPIPS" not in scores.facts()
    assert "vgg16.npz: ends before relu2" in str(scores.missing["LPIPS"])
    assert scores.missing["LPIPS"].hint.endswith("weights fetch vgg16")


class NoFeatures:
    """Computes nothing, in no time."""

    taps, mode, sha256 = ["2048"], "pytorch_fid", ""

    def __init__(self, *_):
        self.missing = {}

    def add(self, sets):
        pass

    def features(self):
        return {}
