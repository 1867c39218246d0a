import jax
import jax.numpy as jnp
import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from jaxcolor.metrics import pixel, report
from jaxcolor.metrics.scores import Scores


@pytest.fixture
def pairs():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 256, (4, 40, 52, 3))
    noise = rng.integers(-60, 61, truth.shape) * np.array([0.1, 0.4, 0.7, 1]).reshape(-1, 1, 1, 1)
    return (np.clip(truth + noise, 0, 255) / 255).astype(np.float32), (truth / 255).astype(
        np.float32
    )


def test_psnr_equals_scikit_image(pairs):
    prediction, truth = pairs
    expected = [
        peak_signal_noise_ratio(t, p, data_range=1) for p, t in zip(prediction, truth, strict=True)
    ]
    np.testing.assert_allclose(pixel.psnr(prediction, truth), expected, rtol=1e-5)


def test_ssim_equals_scikit_image(pairs):
    prediction, truth = pairs
    expected = [
        structural_similarity(
            t,
            p,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
            data_range=1,
            channel_axis=-1,
        )
        for p, t in zip(prediction, truth, strict=True)
    ]
    np.testing.assert_allclose(pixel.ssim(prediction, truth), expected, atol=1e-4)


def test_by_hand():
    black = jnp.zeros((1, 16, 16, 3))
    gray = jnp.full((1, 16, 16, 3), 0.1)
    assert pixel.psnr(black, gray)[0] == pytest.approx(20, rel=1e-5)
    assert pixel.mae(black, gray)[0] == pytest.approx(0.1, rel=1e-5)
    assert pixel.psnr(gray, gray)[0] == np.inf
    assert pixel.ssim(gray, gray)[0] == pytest.approx(1)
    # Constant images: only the luminance term is left, (2·0·0.1 + c1) / (0.1² + c1).
    assert pixel.ssim(black, gray)[0] == pytest.approx(1e-4 / (0.01 + 1e-4), rel=1e-4)


def test_epsilon_accuracy_wants_all_three_channels_of_a_pixel():
    target = jnp.full((1, 2, 2, 3), 0.5)
    off = jnp.array([[[0.04, -0.04, 0.0], [0.06, 0, 0]], [[0, 0, -0.06], [0.0, 0, 0]]])[None]
    assert pixel.epsilon_accuracy(target + off, target)[0] == pytest.approx(0.5)
    assert pixel.epsilon_accuracy(target + off, target, epsilon=0.1)[0] == 1


def test_colorfulness_by_hand():
    assert pixel.colorfulness(jnp.full((1, 4, 4, 3), 0.3))[0] == pytest.approx(0, abs=1e-4)
    # Half red, half green: rg is ±255 (σ 255, μ 0), yb is 127.5 everywhere (σ 0, μ 127.5).
    image = jnp.zeros((1, 2, 2, 3)).at[0, 0, :, 0].set(1).at[0, 1, :, 1].set(1)
    assert pixel.colorfulness(image)[0] == pytest.approx(255 + 0.3 * 127.5, rel=1e-5)
    # Absolute values: |rg| is 255 everywhere.
    expected = 0.3 * np.hypot(255, 127.5)
    assert pixel.colorfulness(image, absolute=True)[0] == pytest.approx(expected, rel=1e-5)


def test_one_number_per_image_whatever_stands_beside_it(pairs):
    prediction, truth = pairs
    for metric in (pixel.psnr, pixel.ssim, pixel.mae, pixel.epsilon_accuracy):
        whole = jax.jit(metric)(prediction, truth)
        assert whole.shape == (4,)
        np.testing.assert_allclose(metric(prediction[2:3], truth[2:3]), whole[2:3], rtol=1e-5)
    assert pixel.colorfulness(prediction).shape == (4,)


def test_ssim_of_images_smaller_than_its_window():
    with pytest.raises(ValueError, match="11 × 11"):
        pixel.ssim(jnp.zeros((1, 10, 20, 3)), jnp.zeros((1, 10, 20, 3)))


def to_bytes(images):
    return np.round(images * 255).astype(np.uint8)


def test_averages_do_not_depend_on_batches_and_survive_equal_images(pairs):
    prediction, truth = (to_bytes(images) for images in pairs)
    prediction[0] = truth[0]
    parts, whole = Scores(), Scores()
    for i in range(4):
        parts.add(prediction[i : i + 1], truth[i : i + 1])
    whole.add(prediction, truth)
    one = parts.summary()
    assert one == whole.summary()
    assert one["num_images"] == 4
    assert one["PSNR"]["num_infinite"] == 1
    assert one["PSNR"]["max"] == np.inf
    psnrs = pixel.psnr(prediction[1:] / 255, truth[1:] / 255)
    assert one["PSNR"]["mean"] == pytest.approx(float(psnrs.mean()), rel=1e-5)
    assert one["MAE_255"]["mean"] == pytest.approx(255 * one["MAE"]["mean"])
    assert whole.means()["PSNR"] == one["PSNR"]["mean"]


def test_delta_colorfulness_is_the_difference_of_the_means(pairs):
    prediction, truth = (to_bytes(images) for images in pairs)
    scores = Scores()
    scores.add(prediction, truth)
    means = [float(pixel.colorfulness(jnp.asarray(x / 255)).mean()) for x in (prediction, truth)]
    expected = abs(means[0] - means[1])
    assert scores.summary()["delta_colorfulness"] == pytest.approx(expected, rel=1e-3)


def test_all_equal_images_have_an_infinite_average():
    scores = Scores()
    images = np.zeros((2, 16, 16, 3), np.uint8)
    scores.add(images, images)
    assert scores.summary()["PSNR"] == {
        "mean": np.inf,
        "max": np.inf,
        "min": np.inf,
        "num_infinite": 2,
    }


def test_table_and_files(pairs, tmp_path):
    prediction, truth = (to_bytes(images) for images in pairs)
    prediction[0] = truth[0]
    scores = Scores()
    scores.add(prediction, truth)
    rows = {
        "model": {**scores.summary(), "fps_generator": 12.34, "fps_files": 5.0},
        "gray": scores.summary(),
    }
    table = report.table(rows)
    lines = table.splitlines()
    assert len({len(line) for line in lines}) == 1
    assert [line.split("|")[1].strip() for line in lines[2:]] == [
        "model",
        "model, max",
        "model, min",
        "gray",
        "gray, max",
        "gray, min",
    ]
    assert "(1 equal)" in lines[2]
    assert "12.3 " in lines[2]
    lpips = {"LPIPS": {"mean": 0.5, "max": 1.0, "min": 0.25}}
    partly = report.table({"model": rows["model"] | lpips, "gray": rows["gray"]}).splitlines()
    assert [line.count("0.2500") for line in partly] == [0, 0, 0, 0, 1, 0, 0, 0]
    report.write(tmp_path / "new" / "scores.json", "Scores", rows, data="photos")
    markdown = (tmp_path / "new" / "scores.md").read_text()
    assert table in markdown
    assert "- data: photos" in markdown
    text = (tmp_path / "new" / "scores.json").read_text()
    assert '"max": "inf"' in text
    assert "Infinity" not in text
