import jax.numpy as jnp
import numpy as np
import pytest

from jaxcolor.metrics import report
from jaxcolor.metrics.features import FeatureScores
from jaxcolor.metrics.metric_registry import METRICS, FeatureDistance, Metric, PixelMetric
from jaxcolor.metrics.scores import Scores


def largest_error(prediction, truth, *, where):
    return jnp.abs(prediction - truth).max((1, 2, 3), where=where, initial=0)


def test_a_metric_of_pixels_is_a_function_and_a_line(monkeypatch):
    metric = PixelMetric("largest error", 3, False, largest_error)
    monkeypatch.setitem(METRICS, "largest_error", metric)
    truth = np.zeros((2, 13, 19, 3), np.uint8)
    prediction = truth.copy()
    prediction[0, 3, 5, 1], prediction[1, 0, 0, 2] = 51, 255
    scores = Scores()
    scores.add(prediction, truth)
    assert scores.means()["largest_error"] == pytest.approx(0.6)
    heading, _, mean, maximum, minimum = report.table({"model": scores.summary()}).splitlines()
    cells = [line.split("|")[-2].strip() for line in (heading, mean, maximum, minimum)]
    assert cells == ["largest error", "0.600", "1.000", "0.200"]


@pytest.mark.usefixtures("first_layers")
def test_a_metric_of_features_is_a_function_and_a_line(monkeypatch):
    gap = FeatureDistance("gap", 1, False, lambda ours, theirs: (abs(len(ours) - len(theirs)), 2.0))
    monkeypatch.setitem(METRICS, "gap", gap)
    pictures = np.random.default_rng(0).integers(0, 256, (3, 20, 20, 3), dtype=np.uint8)
    scores = FeatureScores((64,))
    scores.add({"model": pictures[:1], "truth": pictures})
    rows = scores.summary()
    assert (rows["model"]["gap"], rows["model"]["gap_std"]) == (2, 2.0)
    assert rows["truth_halves"]["gap"] == 1
    assert report.table(rows).splitlines()[2].endswith("2.0 ± 2.0 |")


def test_directions():
    higher, lower, neither = (Metric("", 0, up) for up in (True, False, None))
    assert higher.is_better(2, 1)
    assert not higher.is_better(1, 1)
    assert lower.is_better(1, 2)
    assert not lower.is_better(2, 1)
    assert not neither.is_better(2, 1)
    assert not neither.is_better(1, 2)
    ups = {name for name, metric in METRICS.items() if metric.higher_is_better}
    assert ups == {"PSNR", "SSIM", "epsilon_accuracy", "IS", "fps_generator", "fps_files"}
    assert {n for n, metric in METRICS.items() if metric.higher_is_better is None} == {
        "colorfulness",
        "colorfulness_ddcolor",
    }


def test_headings_differ():
    assert len({metric.heading for metric in METRICS.values()}) == len(METRICS)


def test_tables_on_a_screen_are_no_wider_than_it():
    value = {"mean": 1.0, "max": 2.0, "min": 0.5}
    rows = {name: dict.fromkeys(METRICS, value) for name in ("model", "truth, half against half")}
    lines = report.on_screen(rows).splitlines()
    assert max(map(len, lines)) <= 100
    headings = [line.split(" | ")[1:] for line in lines if line.startswith("|  ")]
    found = [heading.strip(" |") for part in headings for heading in part]
    assert found == [metric.heading for metric in METRICS.values()]
    assert len([line for line in lines if line.startswith("| model ")]) == len(headings)
    spread = report.on_screen(rows, spread=True).splitlines()
    assert len([line for line in spread if line.startswith("| model, max ")]) == len(headings)
