import itertools

import numpy as np
import pytest

from jaxcolor import temporal
from jaxcolor.temporal import Prediction


def frame(L, ab):
    return Prediction(np.full((4, 6), L, np.float32), np.full((4, 6, 2), ab, np.float32))


def smoothed(predictions, **options):
    return [ab for _, ab in temporal.smooth(enumerate(predictions), **options)]


def test_what_stands_still_gets_the_mean_of_the_frames_around_it():
    values = np.random.default_rng(0).normal(0, 0.1, 20)
    result = smoothed([frame(50, value) for value in values], radius=3)
    assert len(result) == len(values)
    for t, ab in enumerate(result):
        np.testing.assert_allclose(ab, values[max(0, t - 3) : t + 4].mean(), atol=1e-6)


def test_frames_weigh_by_the_similarity_of_each_pixel():
    one, other = frame(50, 0.1), frame(54, 0.5)
    other.L[0] = 50
    first, _ = smoothed([one, other], radius=1, sigma=4.0)
    np.testing.assert_allclose(first[0], 0.3, atol=1e-6)
    np.testing.assert_allclose(first[1:], (0.1 + np.exp(-1) * 0.5) / (1 + np.exp(-1)), atol=1e-6)


def test_nothing_passes_a_cut():
    dark = [frame(40, value) for value in (0.1, 0.3)]
    bright = [frame(53, value) for value in (-0.2, -0.4)]
    result = smoothed([*dark, *bright], radius=4, sigma=1000.0)
    np.testing.assert_allclose([ab[0, 0, 0] for ab in result], [0.2, 0.2, -0.3, -0.3], atol=1e-6)


def test_a_slow_fade_is_no_cut():
    steps = [frame(L, 0).L for L in range(0, 100, 8)]
    assert not any(temporal.is_cut(*pair) for pair in itertools.pairwise(steps))


@pytest.mark.parametrize("radius", [0, 1, 4])
def test_no_more_frames_are_read_ahead_than_needed(radius):
    read = []

    def frames():
        for t in range(20):
            read.append(t)
            yield t, frame(50, 0.1)

    for t, _ in temporal.smooth(frames(), radius=radius):
        assert len(read) == min(20, t + radius + 1)


def test_a_frame_depends_on_those_within_the_radius_alone():
    rng = np.random.default_rng(0)
    film = [
        Prediction(rng.uniform(0, 100, (4, 4)), rng.uniform(-1, 1, (4, 4, 2))) for _ in range(20)
    ]
    whole = smoothed(film)
    late = smoothed(film[10 - temporal.RADIUS :])[temporal.RADIUS :]
    np.testing.assert_array_equal(whole[10:], late)
