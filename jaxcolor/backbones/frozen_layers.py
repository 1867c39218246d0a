"""Layers that the frozen networks share.

Every layer is a submodule of the network itself, named as in the official PyTorch file, dots
included ("Mixed_5b.branch1x1.conv"). So one rule converts any such file to Flax variables; see
`jaxcolor.backbones.conversion.to_variables`.
"""

from collections.abc import Callable
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from jax import lax

from jaxcolor.backbones.depthwise import Padding, convolve_depthwise
from jaxcolor.compilation import by_platform

_MANY_PIXELS = 16 * 16


def conv(
    name: str,
    x: jax.Array,
    features: int,
    kernel: int | tuple[int, int] = 1,
    stride: int = 1,
    padding: int | tuple[int, int] | str = 0,
    *,
    dilation: int = 1,
    groups: int = 1,
    bias: bool = False,
    dtype: Any = None,
) -> jax.Array:
    """Convolves `[N, H, W, C]`.

    `padding` is PyTorch's, equal on both sides, or "SAME"; without `dtype`, the result has that
    of the image and the parameters.
    """
    size = (kernel, kernel) if isinstance(kernel, int) else kernel
    if isinstance(padding, int):
        padding = (padding, padding)
    pads: Padding = padding if isinstance(padding, str) else [(pad, pad) for pad in padding]
    depthwise = groups == features == x.shape[-1]
    return nn.Conv(
        features,
        size,
        stride,
        pads,
        kernel_dilation=dilation,
        feature_group_count=groups,
        use_bias=bias,
        dtype=dtype,
        conv_general_dilated=_convolve_channels if depthwise else None,
        name=name,
    )(x)


def _convolve_channels(x: jax.Array, kernel: jax.Array, *args: Any, **options: Any) -> jax.Array:
    """Convolves each channel by itself; takes what `lax.conv_general_dilated` takes."""

    def of(convolve: Callable[..., jax.Array]) -> Callable[..., jax.Array]:
        return lambda x, kernel: convolve(x, kernel, *args, **options)

    return by_platform(of(convolve_depthwise), of(lax.conv_general_dilated), x, kernel)


def pointwise(name: str, x: jax.Array, features: int, dtype: Any = None) -> jax.Array:
    """Convolves 1 × 1 with a bias, as a product; `dtype` is that of `conv`."""
    conv = nn.Conv(features, (1, 1), dtype=dtype, conv_general_dilated=_multiply, name=name)
    return conv(x)


def _multiply(x: jax.Array, kernel: jax.Array, *_: Any, **__: Any) -> jax.Array:
    """Multiplies each pixel by a 1 × 1 kernel.

    With a kernel for each example, its gradient is a product for each example too, which XLA for
    CPUs computes faster than a single one over the pixels of all.
    """
    count, height, width = x.shape[:3]

    def multiply_each(x: jax.Array, matrix: jax.Array) -> jax.Array:
        product = x.reshape(count, height * width, -1) @ jnp.broadcast_to(
            matrix, (count, *matrix.shape)
        )
        return product.reshape(count, height, width, -1)

    if height * width < _MANY_PIXELS:
        return x @ kernel[0, 0]
    return by_platform(multiply_each, jnp.matmul, x, kernel[0, 0])


def batch_norm(name: str, x: jax.Array, epsilon: float = 1e-5) -> jax.Array:
    """Normalizes by the stored statistics."""
    return nn.BatchNorm(use_running_average=True, epsilon=epsilon, name=name)(x)


def inception_block(
    name: str,
    x: jax.Array,
    features: int,
    kernel: int | tuple[int, int] = 1,
    stride: int = 1,
    padding: int | tuple[int, int] = 0,
) -> jax.Array:
    """Runs the convolution, batch norm and ReLU that Inception networks are made of."""
    x = conv(f"{name}.conv", x, features, kernel, stride, padding)
    return nn.relu(batch_norm(f"{name}.bn", x, epsilon=1e-3))


def max_pool(x: jax.Array, window: int, stride: int, padding: int = 0) -> jax.Array:
    """Takes the largest value of each window."""
    return nn.max_pool(x, (window, window), (stride, stride), [(padding, padding)] * 2)


def avg_pool_3x3(x: jax.Array) -> jax.Array:
    """Averages each 3 × 3 neighborhood, leaving the padding out."""
    return nn.avg_pool(x, (3, 3), (1, 1), "SAME", count_include_pad=False)
