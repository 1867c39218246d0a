"""Inputs and targets of generators, and their conversion to images, in every color space."""

import jax.numpy as jnp
import numpy as np
import pytest

from jaxcolor import color
from jaxcolor.data import spaces
from jaxcolor.data.spaces import SPACES


def photo(height=12, width=8):
    coarse = np.random.default_rng(0).integers(0, 256, (2, height // 4, width // 4, 3))
    return coarse.astype(np.uint8).repeat(4, 1).repeat(4, 2)


@pytest.mark.parametrize("name", SPACES)
def test_conversion_and_its_inverse_keep_every_image(name):
    rgb, space = photo(), SPACES[name]
    batch = space.to_network(rgb)
    assert batch["gray"].shape == (2, 12, 8, 1)
    assert batch["target"].shape == (2, 12, 8, space.channels)
    for values in batch.values():
        assert -1 <= values.min() <= values.max() <= 1
    np.testing.assert_array_equal(space.from_network(batch["gray"], batch["target"]), rgb)
    ab = SPACES["lab"].to_network(rgb)["target"]
    np.testing.assert_allclose(space.join_ab(batch["gray"], batch["target"]), ab, atol=1e-3)


def test_gray_of_the_rgb_space_by_hand():
    rgb = np.array([[[[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255]]]], np.uint8)
    gray = SPACES["rgb"].to_network(rgb)["gray"][0, 0, :, 0]
    np.testing.assert_allclose(gray, 2 * np.array([0.299, 0.587, 0.114, 1]) - 1, atol=1e-4)


@pytest.mark.parametrize("name", ["rgb", "lab_to_rgb"])
def test_rgb_targets_are_the_bytes_themselves(name):
    rgb = np.arange(256, dtype=np.uint8).repeat(3).reshape(1, 16, 16, 3)[..., ::-1]
    target = SPACES[name].to_network(rgb)["target"]
    np.testing.assert_allclose(target, 2 * (rgb / 255) - 1, atol=2e-7)


@pytest.mark.parametrize("name", SPACES)
def test_gray_images_are_recovered_from_their_gray(name):
    levels = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1).repeat(3, axis=-1)
    space = SPACES[name]
    np.testing.assert_allclose(space.gray_to_rgb(space.to_gray(levels)), levels / 255, atol=1e-4)


def test_only_whole_images_may_have_another_lightness():
    rgb = photo()
    for name, space in SPACES.items():
        batch = space.to_network(rgb)
        darker = space.from_network(batch["gray"], batch["target"] - 0.2)
        changed = np.abs(SPACES["lab"].to_gray(darker) - SPACES["lab"].to_gray(rgb)).mean()
        assert (changed > 0.05) == (name != "lab")


def test_a_target_of_twice_the_size():
    rgb = photo()
    space = SPACES["lab_to_rgb"]._replace(scale=2)
    batch = space.to_network(rgb, np.ones(2, np.float32))
    assert batch["gray"].shape == (2, 6, 4, 1)
    assert batch["target"].shape == (2, 12, 8, 3)
    # Each block of the picture holds whole pixels of the smaller one.
    np.testing.assert_allclose(batch["gray"], space.to_gray(rgb[:, ::2, ::2]), atol=1e-5)
    pairs = space.pair(batch["gray"], batch["target"])
    assert pairs.shape == (2, 12, 8, 4)
    np.testing.assert_array_equal(pairs[:, ::2, 1::2, :1], batch["gray"])


@pytest.mark.parametrize("name", SPACES)
def test_gamma_bends_the_lightness_and_keeps_the_colors(name):
    rgb, space = photo() // 2 + 64, SPACES[name]
    bent = space.to_network(rgb, np.array([1.0, 1.3]))
    image = space.join(bent["gray"], bent["target"])
    lab = SPACES["lab"].to_network(jnp.round(255 * image).astype(jnp.uint8))
    plain = SPACES["lab"].to_network(rgb)
    np.testing.assert_allclose(lab["gray"][0], plain["gray"][0], atol=0.02)
    expected = 2 * ((plain["gray"][1] + 1) / 2) ** 1.3 - 1
    np.testing.assert_allclose(lab["gray"][1], expected, atol=0.02)
    np.testing.assert_allclose(lab["target"], plain["target"], atol=0.03)


@pytest.mark.parametrize("name", SPACES)
def test_the_standard_luminance_changes_nothing(name):
    rgb, space = photo(), SPACES[name]
    plain = space.to_network(rgb)
    same = space.to_network(rgb, mix=np.tile(np.float32(color.LUMINANCE), (2, 1)))
    for key, values in plain.items():
        np.testing.assert_allclose(same[key], values, atol=1e-4)


def test_another_film_by_hand():
    rgb = np.array([[[[255, 0, 0], [0, 0, 255], [255, 255, 255], [0, 0, 0]]]], np.uint8)
    plain = SPACES["lab"].to_network(rgb)
    mixed = SPACES["lab"].to_network(rgb, mix=np.array([[0.125, 0.875, 0.0]]))
    # Red: 116 · ∛(1/8) - 16 = 42; blue is not seen.
    np.testing.assert_allclose(mixed["gray"].ravel(), [42 / 50 - 1, -1, 1, -1], atol=1e-5)
    np.testing.assert_array_equal(mixed["target"], plain["target"])
    np.testing.assert_allclose(
        mixed["rgb"], SPACES["lab"].join(mixed["gray"], plain["target"]), atol=1e-6
    )


def test_gamma_bends_what_the_film_shows():
    rgb = np.array([[[[255, 0, 0]]]], np.uint8)
    mix, gamma = np.array([[0.125, 0.875, 0.0]]), np.array([2.0])
    gray = SPACES["lab"].to_network(rgb, gamma, mix)["gray"]
    np.testing.assert_allclose(gray, 2 * 0.42**2 - 1, atol=1e-5)


def test_a_gray_image_of_half_the_size_is_mixed_and_bent():
    rgb, mix, gamma = photo(), np.array([[0.5, 0.2, 0.3], [0.0, 0.0, 1.0]]), np.array([1.5, 0.7])
    large = SPACES["lab"].to_network(rgb, gamma, mix)
    small = SPACES["lab"]._replace(scale=2).to_network(rgb, gamma, mix)
    np.testing.assert_allclose(small["gray"], large["gray"][:, ::2, ::2], atol=1e-5)


@pytest.mark.parametrize("scale", [1, 2])
@pytest.mark.parametrize("name", SPACES)
def test_grain_is_on_the_gray_input_alone(name, scale):
    rgb, space = np.full((3, 128, 128, 3), 128, np.uint8), SPACES[name]._replace(scale=scale)
    plain = space.to_network(rgb)
    noisy = space.to_network(rgb, grain=(np.array([0.0, 2.0, 6.0]), np.uint32([7, 7, 8])))
    for key in ("target", "rgb"):
        np.testing.assert_array_equal(noisy[key], plain[key])
    noise = np.asarray(noisy["gray"] - plain["gray"])
    np.testing.assert_allclose(noise.std((1, 2, 3)), np.array([0, 2, 6]) / 50, rtol=0.04)
    np.testing.assert_allclose(noise.mean((1, 2, 3)), 0, atol=0.006)


def test_grain_depends_on_its_seed_alone_and_stays_in_range():
    rgb = np.stack([np.full((8, 8, 3), level, np.uint8) for level in (0, 255, 128)])
    deviations, seeds = np.array([9.0, 9.0, 4.0]), np.array([2**32 - 1, 5, 5], np.uint32)
    to_network = SPACES["lab"].to_network
    whole = to_network(rgb, grain=(deviations, seeds))["gray"]
    assert (whole.min(), whole.max()) == (-1, 1)
    for i in range(3):
        one = to_network(rgb[i:][:1], grain=(deviations[i:][:1], seeds[i:][:1]))["gray"]
        np.testing.assert_array_equal(one[0], whole[i])
    assert not np.array_equal(whole[0] + 1, 1 - whole[1])


def test_the_configuration_chooses(config):
    for name, space in SPACES.items():
        config.data.color_space = name
        assert spaces.build(config.data) == space
