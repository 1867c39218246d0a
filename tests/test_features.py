import importlib.metadata
import json
import os
import pathlib

import jax
import numpy as np
import pytest
import seeded
from full_disk import files_limited_to

from jaxcolor.backbones import inception_v3, weights
from jaxcolor.config import InputError
from jaxcolor.metrics import distances, feature_cache, inception, report, set_scores
from jaxcolor.metrics.features import FeatureScores
from jaxcolor.metrics.scores import Scores


def test_sets_are_scored_against_the_truth_however_they_arrive(inception_weights):
    one, other = (seeded.pictures(name, 12) for name in ("one", "other"))
    scores = FeatureScores((64,))
    for part in (slice(0, 5), slice(5, 7), slice(7, 12)):
        scores.add({"model": one[part], "truth": other[part]})
    rows = scores.summary()
    assert rows.keys() == {"model", "truth", "truth_halves"}

    ours, theirs = (
        extractor(extractor.resize(rgb))
        for extractor, rgb in (
            (inception.Extractor(("64",)), one),
            (inception.Extractor(("64", "logits_unbiased")), other),
        )
    )
    expected = distances.frechet_distance(*(distances.moments(f["64"]) for f in (ours, theirs)))
    assert rows["model"]["FID"] == pytest.approx(expected, rel=1e-4)
    expected = distances.kernel_distance(ours["64"], theirs["64"])
    assert (rows["model"]["KID"], rows["model"]["KID_std"]) == pytest.approx(expected, abs=1e-6)
    expected = distances.inception_score(theirs["logits_unbiased"])
    assert rows["truth"].keys() == {"IS", "IS_std"}
    assert (rows["truth"]["IS"], rows["truth"]["IS_std"]) == pytest.approx(expected, rel=1e-4)
    halves = [distances.moments(theirs["64"][start::2]) for start in (0, 1)]
    expected = distances.frechet_distance(*halves)
    assert rows["truth_halves"].keys() == {"FID", "KID", "KID_std"}
    assert rows["truth_halves"]["FID"] == pytest.approx(expected, rel=1e-4)

    facts = set_scores.facts(scores.taps, scores.mode, scores.sha256, 12)
    assert facts["FID and KID"].startswith("pytorch_fid, 64 dimensions, 12 images against 12, ")
    assert facts["FID and KID"].endswith("weights inceptio")
    assert "fewer than 2,048 images" in facts["warning"]
    facts = set_scores.facts(scores.taps, scores.mode, scores.sha256, 2048)
    assert "warning" not in facts


def test_what_the_weights_do_not_reach_is_said(first_layers):
    scores = FeatureScores((192,))
    pictures = seeded.pictures("one", 6)
    scores.add({"model": pictures, "truth": pictures})
    rows = scores.summary()
    assert rows["model"]["FID"] == pytest.approx(0, abs=1e-6)
    assert "IS" not in rows["model"]
    assert scores.missing.keys() == {"IS"}
    assert "ends before 192, logits_unbiased" in str(scores.missing["IS"])
    assert scores.missing["IS"].hint.endswith("weights fetch inception_v3_fid")

    scores = FeatureScores((2048,))
    scores.add({"model": pictures, "truth": pictures})
    assert scores.summary() == {}
    assert "ends before 2048" in str(scores.missing["FID and KID"])
    hint = "the weights end at 192 features; --fid_dims 192 works"
    assert scores.missing["FID and KID"].hint == hint
    scores = FeatureScores((64, 2048))
    assert scores.missing["FID of 2048 dimensions"].hint == hint


def test_features_of_the_truth_are_kept_for_the_next_time(first_layers, monkeypatch):
    one, other = (seeded.pictures(name, 9) for name in ("one", "other"))
    runs = []
    run = inception.Extractor.__call__
    monkeypatch.setattr(
        inception.Extractor, "__call__", lambda self, x: runs.append(len(x)) or run(self, x)
    )

    def fid(model, truth):
        runs.clear()
        scores = FeatureScores((64,))
        scores.add({"model": model, "gray": truth[:, ::-1], "truth": truth})
        rows = scores.summary()
        return {name: row["FID"] for name, row in rows.items()}, len(runs)

    first, extractions = fid(one, other)
    assert extractions == 3 * 2
    again, extractions = fid(one, other)
    assert again == first
    assert extractions == 2
    for path in pathlib.Path("~/.cache/jaxcolor/features").expanduser().iterdir():
        path.write_bytes(b"damaged")
    assert fid(one, other) == (first, 3 * 2)
    changed = other.copy()
    changed[8, 0, 0, 0] ^= 1
    assert fid(one, changed)[1] == 2 + 2
    first_layers["Conv2d_1a_3x3.bn.bias"] = first_layers["Conv2d_1a_3x3.bn.bias"] + 1
    monkeypatch.setattr(
        weights,
        "load",
        lambda name: weights.Loaded(first_layers, "another", pathlib.Path("seeded.npz")),
    )
    assert fid(one, other)[1] == 3 * 2


def test_features_are_of_their_code_and_libraries_whatever_the_packages_version(
    first_layers, monkeypatch, tmp_path
):
    images = seeded.pictures("one", 1)
    stored = []

    def score():
        before = set(stored)
        scores = FeatureScores((64,))
        scores.add({"model": images, "truth": images})
        scores.summary()
        stored[:] = (tmp_path / ".cache" / "jaxcolor" / "features").iterdir()
        return len(set(stored) - before)

    assert score() == 1
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "another")
    assert score() == 0
    monkeypatch.setattr(jax, "__version__", "another")
    assert score() == 1
    changed = tmp_path / "changed.py"
    changed.write_text(pathlib.Path(inception_v3.__file__).read_text() + "\n")
    monkeypatch.setattr(inception_v3, "__file__", str(changed))
    assert score() == 1


def test_damage_of_kept_features_is_found(tmp_path):
    path = tmp_path / "kept"
    features = {"64": np.ones((2, 64), np.float32)}
    feature_cache.write(path, features)
    np.testing.assert_equal(feature_cache.read(path), features)
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    assert feature_cache.read(path) is None


@pytest.mark.usefixtures("capsys")  # What is printed must not go to a limited file.
def test_a_full_disk_costs_kept_features_only(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    path = tmp_path / ".cache" / "jaxcolor" / "features" / "kept"
    with files_limited_to(1000):
        feature_cache.write(path, {"64": np.zeros((20, 64), np.float32)})
    assert not list(path.parent.iterdir())


def test_features_used_longest_ago_go_first(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = tmp_path / ".cache" / "jaxcolor" / "features"
    features = {"64": np.zeros((2, 64), np.float32)}
    for day, name in enumerate(("used", "old", "new")):
        feature_cache.write(folder / name, features)
        os.utime(folder / name, (86400 * day, 86400 * day))
    size = (folder / "old").stat().st_size
    assert feature_cache.read(folder / "used")["64"].shape == (2, 64)
    feature_cache.prune(3 * size)
    assert len(list(folder.iterdir())) == 3
    feature_cache.prune(2 * size)
    assert {path.name for path in folder.iterdir()} == {"used", "new"}
    feature_cache.prune(size)
    assert {path.name for path in folder.iterdir()} == {"used"}
    assert feature_cache.read(folder / "old") is None


def test_a_summary_prunes_the_features(first_layers, monkeypatch, tmp_path):
    folder = tmp_path / ".cache" / "jaxcolor" / "features"
    folder.mkdir(parents=True)
    with (folder / "large").open("wb") as file:
        file.truncate(feature_cache.MAX_BYTES)
    os.utime(folder / "large", (0, 0))
    scores = FeatureScores((64,))
    scores.add({"truth": seeded.pictures("one", 1)})
    scores.summary()
    assert len(list(folder.iterdir())) == 1
    assert not (folder / "large").exists()


def test_too_few_images_are_no_failure(inception_weights):
    scores = FeatureScores((64,))
    scores.add({"model": seeded.pictures("one", 1), "truth": seeded.pictures("other", 1)})
    assert scores.summary() == {"model": {}}
    assert "two images or more" in str(scores.missing["FID and KID"])
    assert "10 images or more" in str(scores.missing["IS"])


def test_a_half_with_too_few_images_says_nothing_of_the_whole(first_layers):
    scores = FeatureScores((64,))
    scores.add({"model": seeded.pictures("one", 3), "truth": seeded.pictures("other", 3)})
    assert scores.summary()["model"].keys() == {"FID", "KID", "KID_std"}
    assert "FID and KID" not in scores.missing


@pytest.mark.parametrize(("dimensions", "mode"), [(100, "clean"), (64, "legacy")])
def test_mistakes_are_errors(dimensions, mode):
    with pytest.raises(InputError):
        FeatureScores((dimensions,), mode)


def test_scores_of_sets_stand_in_the_table(tmp_path):
    pixels = Scores()
    rgb = np.random.default_rng(0).integers(0, 256, (2, 16, 16, 3), dtype=np.uint8)
    pixels.add(rgb, rgb[::-1])
    sets = {"FID": 12.34567, "KID": 0.01, "KID_std": 0.002}
    rows = {"model": {**pixels.summary(), **sets}, "truth_halves": {"FID": 1.0}}
    lines = report.table(rows).splitlines()
    assert [line.count("|") for line in lines] == [lines[0].count("|")] * len(lines)
    assert "12.3457 | 0.01000 ± 0.00200 |" in lines[2]
    assert lines[-1].split("|")[1].strip() == "truth, half against half"
    assert "1.0000" in lines[-1]
    report.write(tmp_path / "s.json", "Scores", rows)
    assert json.loads((tmp_path / "s.json").read_text())["scores"]["truth_halves"] == {"FID": 1.0}
