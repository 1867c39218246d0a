"""FID, KID and the Inception Score against pytorch-fid, torch-fidelity and closed forms."""

import pathlib

import numpy as np
import pytest
import seeded
import seeded_networks
from conftest import ROOT

from jaxcolor.backbones import inception_v3, weights
from jaxcolor.config import InputError
from jaxcolor.metrics import distances, inception

ALL = ("64", "192", "768", "2048")


@pytest.fixture(scope="module")
def goldens():
    with np.load(ROOT / "tests" / "goldens" / "inception_scores.npz") as arrays:
        return dict(arrays)


@pytest.fixture(scope="module")
def loaded():
    tensors = seeded_networks.tensors(inception_v3.InceptionV3(inception_v3.TAPS), 96)
    return weights.Loaded(tensors, "abc", pathlib.Path("seeded.npz"))


@pytest.fixture(scope="module")
def extractor(loaded):
    return inception.Extractor(ALL, loaded=loaded)


@pytest.fixture(scope="module")
def features(extractor):
    return {name: extractor(extractor.resize(seeded.pictures(name))) for name in ("one", "other")}


def gaussian(mean, covariance):
    return distances.Moments(np.asarray(mean, float), np.asarray(covariance, float))


@pytest.mark.parametrize("tap", ALL)
def test_features_equal_pytorch_fids(tap, features, goldens):
    theirs = goldens[f"features_{tap}"]
    assert np.abs(features["one"][tap] - theirs).max() <= 1e-4 * np.abs(theirs).max()


@pytest.mark.parametrize("tap", ALL)
def test_fid_equals_pytorch_fids(tap, features, goldens):
    one, other = (distances.moments(features[name][tap]) for name in ("one", "other"))
    # Of 8 images the covariances are singular, where pytorch-fid adds 1e-6 to their diagonals.
    assert distances.frechet_distance(one, other) == pytest.approx(
        float(goldens[f"fid_{tap}"]), abs=1e-3
    )


def test_kernel_distance_equals_torch_fidelitys(goldens):
    one, other = (seeded.normal(f"kid {count}", (count, 32)) for count in (60, 70))
    ours = distances.kernel_distance(one, other)
    assert ours == pytest.approx(tuple(goldens["kid"]), rel=1e-6)


def test_inception_score_equals_torch_fidelitys(goldens):
    ours = distances.inception_score(seeded.normal("logits", (57, 1008)))
    assert ours == pytest.approx(tuple(goldens["inception_score"]), rel=1e-6)


def test_how_images_are_batched_changes_nothing(extractor, features):
    pictures = seeded.pictures("one")
    parts = [extractor(extractor.resize(pictures[start:stop])) for start, stop in ((0, 1), (1, 4))]
    for tap in ALL:
        whole = features["one"][tap][:4]
        joined = np.concatenate([part[tap] for part in parts])
        assert np.abs(joined - whole).max() <= 1e-5 * np.abs(whole).max()


def test_the_order_of_images_changes_nothing(features):
    whole = features["one"]["768"]
    one, other = distances.moments(whole), distances.moments(whole[::-1])
    scale = np.trace(one.covariance)
    assert distances.frechet_distance(one, other) == pytest.approx(0, abs=1e-6 * scale)


def test_frechet_distance_by_hand():
    # One dimension: (m1 - m2)² + (s1 - s2)².
    assert distances.frechet_distance(gaussian([1], [[4]]), gaussian([3], [[9]])) == pytest.approx(
        5
    )
    # Covariances that commute: as many such distances as dimensions, in rotated axes.
    turn = np.linalg.qr(np.random.default_rng(0).standard_normal((3, 3)))[0]
    one = gaussian([0, 0, 0], turn @ np.diag([1, 4, 9]) @ turn.T)
    other = gaussian([1, 2, 2], turn @ np.diag([4, 4, 0]) @ turn.T)
    assert distances.frechet_distance(one, other) == pytest.approx(9 + 1 + 0 + 9)


def test_frechet_distance_of_covariances_that_do_not_commute():
    a, b = np.array([[2.0, 1], [1, 2]]), np.array([[1.0, 0], [0, 3]])
    roots = np.sqrt(np.linalg.eigvals(a @ b)).sum()
    expected = np.trace(a) + np.trace(b) - 2 * roots
    distance = distances.frechet_distance(gaussian([0, 0], a), gaussian([0, 0], b))
    assert distance == pytest.approx(expected)
    swapped = distances.frechet_distance(gaussian([0, 0], b), gaussian([0, 0], a))
    assert swapped == pytest.approx(distance)


def test_equal_sets_are_at_no_distance_even_if_singular():
    features = np.random.default_rng(0).standard_normal((5, 40))
    moments = distances.moments(features)
    assert distances.frechet_distance(moments, moments) == pytest.approx(0, abs=1e-6)


def test_inception_score_of_certain_and_of_clueless_predictions():
    certain = 100 * np.eye(1008, dtype=np.float32)[np.arange(500) % 50]
    clueless = np.zeros((500, 1008), np.float32)
    assert distances.inception_score(clueless) == pytest.approx((1, 0))
    # Each split of 50 shuffled images holds some 32 of the 50 classes.
    assert 20 < distances.inception_score(certain)[0] < 45


@pytest.fixture(scope="module")
def clean_goldens():
    with np.load(ROOT / "tests" / "goldens" / "clean_fid.npz") as arrays:
        return dict(arrays)


def test_clean_mode_equals_clean_fid(loaded, clean_goldens):
    extractor = inception.Extractor(ALL, "clean", loaded)
    features = {}
    for name in ("one", "other"):
        resized = [extractor.resize(rgb[None]) for rgb in seeded.mixed_pictures(name)]
        features[name] = extractor(np.concatenate(resized))["2048"]
        for i, x in enumerate(resized if name == "one" else []):
            theirs = (clean_goldens[f"resized_{i}"] - 128) / 128
            np.testing.assert_allclose(seeded.pick(x[0]), theirs, atol=1e-6)
    theirs = clean_goldens["features"]
    assert np.abs(features["one"] - theirs).max() <= 1e-5 * np.abs(theirs).max()
    # The covariances of 4 images are singular, which clean-fid's matrix root takes less exactly.
    distance = distances.fid(features["one"], features["other"])
    assert distance == pytest.approx(float(clean_goldens["fid"]), rel=1e-3)


def test_fid_equals_clean_fids_where_covariances_are_not_singular(clean_goldens):
    one, other = (seeded.normal(f"kid {count}", (count, 32)) for count in (60, 70))
    theirs = float(clean_goldens["fid_of_drawn"])
    assert distances.fid(one, other) == pytest.approx(theirs, rel=1e-6)


def test_modes_differ(loaded, features):
    extractor = inception.Extractor(("64",), "clean", loaded)
    clean = extractor(extractor.resize(seeded.pictures("one")))
    assert np.abs(clean["64"] - features["one"]["64"]).max() > 1e-3


def test_weights_that_end_early_serve_the_taps_they_have(loaded):
    tensors = {n: t for n, t in loaded.tensors.items() if not n.startswith(("Mixed_7", "fc"))}
    partial = loaded._replace(tensors=tensors)
    inception.Extractor(("768",), loaded=partial)
    for tap in ("2048", "logits_unbiased"):
        with pytest.raises(InputError, match=rf"seeded\.npz: ends before {tap}: .*Mixed_7a"):
            inception.Extractor((tap,), loaded=partial)


def test_mistakes_are_named(loaded):
    with pytest.raises(InputError, match="no features '1024': 64, 192"):
        inception.Extractor(("1024",), loaded=loaded)
    with pytest.raises(InputError, match="mode='legacy'"):
        inception.Extractor(("64",), "legacy", loaded)
    for score in (distances.moments, distances.inception_score):
        with pytest.raises(InputError, match="needs"):
            score(np.zeros((1, 4)))
    with pytest.raises(InputError, match="needs two"):
        distances.kernel_distance(np.zeros((1, 4)), np.zeros((5, 4)))


def test_bilinear_resizing_shrinks_without_antialiasing(extractor):
    """As `torch.nn.functional.interpolate` does: two neighbors and no more."""
    rgb = np.zeros((1, 1196, 1196, 3), np.uint8)
    rgb[:, 1::4] = 255
    np.testing.assert_allclose(extractor.resize(rgb), 0, atol=1e-5)
