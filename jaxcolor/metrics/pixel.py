"""Pixel scores: one number per image, from pairs of images or from single ones.

All take `[N, H, W, 3]` float, sRGB in [0, 1], and give `[N]`. The field's convention is to round
predictions to 8 bits first, as saving them to a file does.

Images may be padded at the bottom and the right. `where`, `[N, H, W, 1]` bool, is then true for
the image's own pixels, and the scores are those of the image alone; None means all pixels.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

_PIXELS = (1, 2, 3)
# Pixels; the least height and width of an image.
SSIM_WINDOW = 11
# Windows in a product: more have more zeros in their band, fewer overlap more.
_BLOCK = 32


def psnr(prediction: jax.Array, target: jax.Array, *, where: jax.Array | None = None) -> jax.Array:
    """Computes the peak signal-to-noise ratio: `-10 · log10(mean squared error)`, in dB.

    Args:
        prediction: `[N, H, W, 3]` in [0, 1].
        target: `[N, H, W, 3]` in [0, 1].
        where: the images' own pixels.

    Returns:
        `[N]`, in dB for a peak of 1; `inf` for equal images.
    """
    return -10 * jnp.log10(jnp.mean(jnp.square(prediction - target), _PIXELS, where=where))


def mae(prediction: jax.Array, target: jax.Array, *, where: jax.Array | None = None) -> jax.Array:
    """Computes the mean absolute error, on the scale of [0, 1].

    Args:
        prediction: `[N, H, W, 3]` in [0, 1].
        target: `[N, H, W, 3]` in [0, 1].
        where: the images' own pixels.

    Returns:
        `[N]` in [0, 1].
    """
    return jnp.mean(jnp.abs(prediction - target), _PIXELS, where=where)


def mae_255(
    prediction: jax.Array, target: jax.Array, *, where: jax.Array | None = None
) -> jax.Array:
    """Computes the mean absolute error, on the scale of [0, 255].

    Args:
        prediction: `[N, H, W, 3]` in [0, 1].
        target: `[N, H, W, 3]` in [0, 1].
        where: the images' own pixels.

    Returns:
        `[N]` in [0, 255].
    """
    return 255 * mae(prediction, target, where=where)


def epsilon_accuracy(
    prediction: jax.Array,
    target: jax.Array,
    epsilon: float = 0.05,
    *,
    where: jax.Array | None = None,
) -> jax.Array:
    """Computes the share of pixels whose three channels are all within ε of the target's.

    Args:
        prediction: `[N, H, W, 3]` in [0, 1].
        target: `[N, H, W, 3]` in [0, 1].
        epsilon: largest difference that counts as right, on the scale of [0, 1].
        where: the images' own pixels.

    Returns:
        `[N]` in [0, 1].
    """
    within = (jnp.abs(prediction - target) <= epsilon).all(axis=-1, keepdims=True)
    return jnp.mean(within, _PIXELS, where=where)


def ssim(prediction: jax.Array, target: jax.Array, *, where: jax.Array | None = None) -> jax.Array:
    """Computes the structural similarity per channel and averages it.

    Wang et al., "Image Quality Assessment: From Error Visibility to Structural Similarity", IEEE
    TIP 2004, eq. 13: a Gaussian window of 11 × 11 pixels and σ = 1.5, K = (0.01, 0.03), a range
    of 1, and only windows inside the image.

    Args:
        prediction: `[N, H, W, 3]` in [0, 1], at least 11 × 11 pixels.
        target: `[N, H, W, 3]` in [0, 1].
        where: the images' own pixels.

    Returns:
        `[N]` in [-1, 1].

    Raises:
        ValueError: the images are smaller than the window.
    """
    if min(prediction.shape[1:3]) < SSIM_WINDOW:
        raise ValueError(f"SSIM needs images of 11 × 11 pixels or more, got {prediction.shape}")
    p, t = (jnp.moveaxis(image, -1, 1) for image in (prediction, target))
    means = _blur(_blur(jnp.stack([p, t, p**2 + t**2, p * t]), -2), -1)
    mean_p, mean_t, mean_squares, mean_product = means
    variances = mean_squares - mean_p**2 - mean_t**2
    covariance = mean_product - mean_p * mean_t
    c1, c2 = 0.01**2, 0.03**2
    luminance = (2 * mean_p * mean_t + c1) / (mean_p**2 + mean_t**2 + c1)
    structure = (2 * covariance + c2) / (variances + c2)
    last = SSIM_WINDOW - 1
    inside = None if where is None else jnp.moveaxis(where, -1, 1)[..., last:, last:]
    return jnp.mean(luminance * structure, _PIXELS, where=inside)


def _blur(x: jax.Array, axis: int) -> jax.Array:
    """Averages windows along the last axis or the one before, by products with a band of weights.

    On CPUs sums of shifted images take XLA six times as long.
    """
    offsets = np.arange(SSIM_WINDOW) - SSIM_WINDOW // 2
    weights = np.exp(-(offsets**2) / (2 * 1.5**2))
    weights = (weights / weights.sum()).astype(x.dtype)
    count = x.shape[axis] - SSIM_WINDOW + 1
    terms = "oi,...iw->...ow" if axis == -2 else "oi,...hi->...ho"
    blocks = []
    for start in range(0, count, _BLOCK):
        size = min(_BLOCK, count - start)
        part = lax.slice_in_dim(x, start, start + size + SSIM_WINDOW - 1, axis=axis)
        band = np.stack([np.pad(weights, (i, size - 1 - i)) for i in range(size)])
        blocks.append(jnp.einsum(terms, band, part, precision="highest"))
    return jnp.concatenate(blocks, axis)


def colorfulness(
    image: jax.Array, *, absolute: bool = False, where: jax.Array | None = None
) -> jax.Array:
    """Computes how colorful an image looks, on the usual scale: 0 is gray, 109 extremely so.

    Hasler and Süsstrunk, "Measuring Colorfulness in Natural Images", SPIE 2003, §7: with
    `rg = R - G` and `yb = (R + G) / 2 - B` on the scale of 255, `√(σ²(rg) + σ²(yb)) + 0.3 ·
    √(μ²(rg) + μ²(yb))`.

    Args:
        image: `[N, H, W, 3]` in [0, 1].
        absolute: take the absolute values of rg and yb first, as DDColor's code does (Kang et
            al., ICCV 2023); its values are not comparable with the others.
        where: the image's own pixels.

    Returns:
        `[N]`, 0 or more.
    """
    red, green, blue = jnp.moveaxis(255 * image, -1, 0)
    opponents = jnp.stack([red - green, (red + green) / 2 - blue])
    if absolute:
        opponents = jnp.abs(opponents)
    own = None if where is None else where[None, ..., 0]
    spread = jnp.sqrt(opponents.var(axis=(2, 3), where=own).sum(axis=0))
    strength = jnp.sqrt(jnp.square(opponents.mean(axis=(2, 3), where=own)).sum(axis=0))
    return spread + 0.3 * strength
