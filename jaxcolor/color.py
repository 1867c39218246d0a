"""Color-space conversions: sRGB, CIE Lab and the networks' own range, in JAX.

Every function is pure, works under `jit`, and has finite gradients on the whole closed cube,
black and white included. Constants: sRGB primaries and transfer curve (IEC 61966-2-1), white
point D65 for the 2° observer, as in scikit-image.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

# Rows give X, Y and Z of linear red, green and blue.
_XYZ_FROM_RGB = (
    (0.412453, 0.357580, 0.180423),
    (0.212671, 0.715160, 0.072169),
    (0.019334, 0.119193, 0.950227),
)
# Shares of linear red, green and blue in the luminance Y.
LUMINANCE = _XYZ_FROM_RGB[1]
# The inverse of the matrix above.
_RGB_FROM_XYZ = (
    (3.24048134, -1.53715152, -0.49853633),
    (-0.96925495, 1.87599, 0.04155593),
    (0.05564664, -0.20404134, 1.05731107),
)
_WHITE = (0.95047, 1.0, 1.08883)

# Below (6/29)³ the cube root of CIE Lab is replaced by a line.
_DELTA = 6 / 29
_LINE_FACTOR = 1 / (3 * _DELTA**2)
_LINE_OFFSET = 4 / 29

_L_SCALE = 50.0
AB_SCALE = 110.0


def rgb_to_lab(rgb: jax.Array) -> jax.Array:
    """Converts sRGB to CIE 1976 L*a*b*.

    Args:
        rgb: `[..., 3]` sRGB, float in [0, 1] or uint8.

    Returns:
        `[..., 3]`, same dtype, float32 for uint8: L in [0, 100], a and b in about [-108, 99].
    """
    xyz = _mix(_XYZ_FROM_RGB, jnp.moveaxis(_decode(rgb), -1, 0))
    fx, fy, fz = (_lab_root(channel / white) for channel, white in zip(xyz, _WHITE, strict=True))
    return jnp.stack([116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)], axis=-1)


def lightness(rgb: jax.Array, shares: ArrayLike) -> jax.Array:
    """Computes the CIE 1976 lightness that images have on a film of some spectral sensitivity.

    Args:
        rgb: `[..., 3]` sRGB, float in [0, 1] or uint8.
        shares: `[..., 3]` float, of linear red, green and blue in the luminance, of sum 1;
            `LUMINANCE` gives the L of `rgb_to_lab`.

    Returns:
        `[..., 1]`, same dtype, float32 for uint8: L in [0, 100].
    """
    luminance = jnp.sum(_decode(rgb) * shares, axis=-1, keepdims=True)
    return 116 * _lab_root(luminance) - 16


def lab_to_rgb(lab: jax.Array) -> jax.Array:
    """Converts CIE 1976 L*a*b* to sRGB, clipping what lies outside of sRGB.

    Args:
        lab: `[..., 3]` float, L in [0, 100].

    Returns:
        `[..., 3]`, same dtype, sRGB in [0, 1].
    """
    lightness, a, b = jnp.moveaxis(jnp.asarray(lab), -1, 0)
    fy = (lightness + 16) / 116
    # scikit-image clips the blue root at zero, which decides how out-of-gamut blues are clipped.
    roots = (fy + a / 500, fy, jnp.maximum(fy - b / 200, 0))
    xyz = [
        jnp.where(root > _DELTA, root**3, (root - _LINE_OFFSET) / _LINE_FACTOR) * white
        for root, white in zip(roots, _WHITE, strict=True)
    ]
    linear = jnp.clip(jnp.stack(_mix(_RGB_FROM_XYZ, xyz), axis=-1), 0, 1)
    curve = 1.055 * _power(jnp.maximum(linear, 0.0031308), 1 / 2.4) - 0.055
    return jnp.where(linear > 0.0031308, curve, 12.92 * linear)


def normalize_lab(lab: jax.Array) -> jax.Array:
    """Scales Lab to the networks' range: `L / 50 - 1`, `a / 110` and `b / 110`.

    Args:
        lab: `[..., 3]` float, L in [0, 100].

    Returns:
        `[..., 3]` in [-1, 1].
    """
    return jnp.concatenate([lab[..., :1] / _L_SCALE - 1, lab[..., 1:] / AB_SCALE], axis=-1)


def denormalize_lab(normalized: jax.Array) -> jax.Array:
    """Inverts `normalize_lab`.

    Args:
        normalized: `[..., 3]` float in [-1, 1].

    Returns:
        `[..., 3]`, L in [0, 100], a and b in [-110, 110].
    """
    return jnp.concatenate(
        [(normalized[..., :1] + 1) * _L_SCALE, normalized[..., 1:] * AB_SCALE], axis=-1
    )


def _mix(matrix, channels):
    """Multiplies by a 3 × 3 matrix in plain sums, which no accelerator rounds to TF32."""
    x, y, z = channels
    return [row[0] * x + row[1] * y + row[2] * z for row in matrix]


def _decode(rgb: jax.Array) -> jax.Array:
    """Converts sRGB, float in [0, 1] or uint8, to linear light."""
    rgb = jnp.asarray(rgb)
    if rgb.dtype == jnp.uint8:  # A table takes half the time on CPUs.
        return jnp.asarray(_linear(np.arange(256) / 255, np), jnp.float32)[rgb]
    return _linear(rgb, jnp)


def _linear(encoded: Any, xp: Any) -> Any:
    """Undoes the transfer curve, in NumPy or in `jax.numpy`."""
    # `maximum` keeps the gradient of the branch that `where` drops finite.
    curve = _power((xp.maximum(encoded, 0.04045) + 0.055) / 1.055, 2.4, xp)
    return xp.where(encoded > 0.04045, curve, encoded / 12.92)


def _power(base: Any, exponent: float, xp: Any = jnp) -> Any:
    """Raises positive numbers to a power, several times as fast on CPUs as `**` and `cbrt`."""
    return xp.exp(exponent * xp.log(base))


def _lab_root(t: jax.Array) -> jax.Array:
    root = _power(jnp.maximum(t, _DELTA**3), 1 / 3)
    return jnp.where(t > _DELTA**3, root, _LINE_FACTOR * t + _LINE_OFFSET)
