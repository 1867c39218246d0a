import jax
import jax.numpy as jnp
import numpy as np
import pytest
import skimage.color
from jax.test_util import check_grads

from jaxcolor import color

CORNERS = np.stack(np.meshgrid([0.0, 1.0], [0.0, 1.0], [0.0, 1.0]), -1).reshape(-1, 3)


def cube(points: int) -> np.ndarray:
    axis = np.linspace(0, 1, points)
    return np.stack(np.meshgrid(axis, axis, axis), -1).reshape(-1, 3).astype(np.float32)


@pytest.mark.parametrize(
    ("rgb", "lab"),
    [
        ((0, 0, 0), (0, 0, 0)),
        ((1, 1, 1), (100, 0, 0)),
        ((1, 0, 0), (53.24, 80.09, 67.20)),
        ((0, 0, 1), (32.30, 79.19, -107.86)),
    ],
)
def test_known_colors(rgb, lab):
    np.testing.assert_allclose(color.rgb_to_lab(jnp.array(rgb, jnp.float32)), lab, atol=0.01)


def test_lab_equals_scikit_image_over_the_cube():
    rgb = cube(33)
    lab = jax.jit(color.rgb_to_lab)(rgb)
    np.testing.assert_allclose(lab, skimage.color.rgb2lab(rgb.astype(np.float64)), atol=1e-3)


def test_bytes_equal_scikit_image():
    rgb = np.random.default_rng(2).integers(0, 256, (20_000, 3), np.uint8)
    lab = jax.jit(color.rgb_to_lab)(rgb)
    assert lab.dtype == jnp.float32
    np.testing.assert_allclose(lab, skimage.color.rgb2lab(rgb), atol=1e-3)
    np.testing.assert_allclose(lab, color.rgb_to_lab(rgb / np.float32(255)), atol=1e-4)


def test_rgb_equals_scikit_image_over_the_cube():
    lab = skimage.color.rgb2lab(cube(33).astype(np.float64))
    rgb = jax.jit(color.lab_to_rgb)(lab.astype(np.float32))
    np.testing.assert_allclose(rgb, skimage.color.lab2rgb(lab), atol=1e-3)


@pytest.mark.filterwarnings("ignore:Conversion from CIE-LAB")
def test_colors_outside_of_srgb_are_clipped_as_scikit_image_clips_them():
    lab = np.random.default_rng(0).uniform([0, -110, -110], [100, 110, 110], (20_000, 3))
    rgb = color.lab_to_rgb(lab.astype(np.float32))
    assert rgb.min() == 0
    assert rgb.max() == pytest.approx(1)
    np.testing.assert_allclose(rgb, skimage.color.lab2rgb(lab), atol=1e-3)


def test_round_trip():
    rgb = cube(17)
    np.testing.assert_allclose(color.lab_to_rgb(color.rgb_to_lab(rgb)), rgb, atol=1e-4)


def test_gradients_are_finite_at_black_white_and_every_corner():
    corners = CORNERS.astype(np.float32)
    lab = np.asarray(color.rgb_to_lab(corners))
    for function, points in ((color.rgb_to_lab, corners), (color.lab_to_rgb, lab)):
        assert np.isfinite(jax.jit(jax.vmap(jax.jacobian(function)))(points)).all()


def test_gradients_equal_finite_differences():
    rgb = np.random.default_rng(1).uniform(0.1, 0.9, (5, 3)).astype(np.float32)
    lab = np.asarray(color.rgb_to_lab(rgb))
    check_grads(jax.jit(color.rgb_to_lab), (rgb,), order=1, modes=["rev"], rtol=0.01, eps=1e-3)
    check_grads(jax.jit(color.lab_to_rgb), (lab,), order=1, modes=["rev"], rtol=0.01, eps=0.1)


def test_network_range():
    lab = jnp.array([[0.0, -110, 55], [100, 0, 110]])
    normalized = color.normalize_lab(lab)
    np.testing.assert_allclose(normalized, [[-1, -1, 0.5], [1, 0, 1]])
    np.testing.assert_allclose(color.denormalize_lab(normalized), lab)


def test_leading_axes_are_free():
    rgb = jnp.full((2, 3, 4, 5, 3), 0.5)
    assert color.rgb_to_lab(rgb).shape == rgb.shape
    assert color.lab_to_rgb(jnp.zeros(3)).shape == (3,)
