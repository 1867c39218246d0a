"""Images of many sizes share programs, and their scores are those of each image alone."""

import jax
import numpy as np
import pytest

from jaxcolor import images
from jaxcolor.metrics import folders
from jaxcolor.metrics.evaluation import Evaluation


@pytest.fixture
def compiled():
    """The names of what JAX compiles, as it goes."""
    events = []

    def listen(event, *_, **__):
        if "backend_compile" in event:
            events.append(event)

    jax.monitoring.register_event_duration_secs_listener(listen)
    yield events
    jax.monitoring.unregister_event_duration_listener(listen)


def pair(height, width):
    rng = np.random.default_rng(height * width)
    shape = (1, -(-height // 8), -(-width // 8), 3)
    truth = rng.integers(0, 256, shape).repeat(8, 1).repeat(8, 2)[:, :height, :width]
    noise = rng.integers(-40, 41, truth.shape) * (rng.random(truth.shape[:3]) < 0.5)[..., None]
    return (np.clip(x, 0, 255).astype(np.uint8) for x in (truth + noise, truth))


@pytest.mark.parametrize("size", [(33, 40), (64, 17), (65, 50)])
def test_padding_changes_no_score(first_layers, size):
    first_layers.clear()
    rows = []
    for many_sizes in (False, True):
        evaluation = Evaluation()
        predicted, truth = pair(*size)
        evaluation.add({"model": predicted}, truth, many_sizes=many_sizes)
        rows.append(evaluation.summary())
    exact, padded = rows
    assert {"PSNR", "SSIM", "LPIPS", "colorfulness"} < exact["model"].keys()
    for row in ("model", "gray"):
        for name, score in exact[row].items():
            # Programs that are optimized, as the tests' are not, round less and agree to 1e-6. One
            # score is the difference of two that are above 100.
            least = 5e-4 if name == "delta_colorfulness" else 0
            assert padded[row][name] == pytest.approx(score, rel=5e-6, abs=least), name


def test_equal_images_stay_equal_when_padded(first_layers):
    first_layers.clear()
    _, truth = pair(33, 40)
    evaluation = Evaluation()
    evaluation.add({"model": truth}, truth, many_sizes=True)
    scores = evaluation.summary()["model"]
    assert scores["PSNR"]["num_infinite"] == 1
    assert (scores["SSIM"]["mean"], scores["LPIPS"]["mean"]) == (pytest.approx(1), 0)


@pytest.mark.usefixtures("first_layers")
def test_folders_of_many_sizes_share_programs(compiled, tmp_path):
    def score(name, sizes):
        sides = tmp_path / name / "predictions", tmp_path / name / "truth"
        for i, size in enumerate(sizes):
            for folder, rgb in zip(sides, pair(*size), strict=True):
                images.write(folder / f"{i}.png", rgb[0])
        compiled.clear()
        evaluation = Evaluation((64,))
        folders.add(*sides, evaluation)
        return evaluation.summary()["predictions"]

    score("one", [(64, 50), (17, 64)])
    scores = score("many", [(33, 33), (20, 64), (48, 52), (63, 17)])
    assert compiled == []
    assert scores.keys() > {"PSNR", "LPIPS", "FID"}
    jax.jit(lambda x: x + 1)(0)
    assert len(compiled) == 1
