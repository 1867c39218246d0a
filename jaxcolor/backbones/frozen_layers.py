"""Layers that the frozen networks share.

Every layer is a submodule of the network itself, named as in the official PyTorch file, dots
included ("Mixed_5b.branch1x1.conv"). So one rule converts any such file to Flax variables; see
`jaxcolor.backbones.conversion.to_variables`.
"""

from collections.abc import Sequence
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

Padding = str | Sequence[tuple[int, int]]


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
) -> jax.Array:
    """Convolves `[N, H, W, C]`; `padding` is PyTorch's, equal on both sides, or "SAME"."""
    size = (kernel, kernel) if isinstance(kernel, int) else kernel
    if isinstance(padding, int):
        padding = (padding, padding)
    pads: Padding = padding if isinstance(padding, str) else [(pad, pad) for pad in padding]
    depthwise = groups == features == x.shape[-1] and jax.default_backend() == "cpu"
    return nn.Conv(
        features,
        size,
        stride,
        pads,
        kernel_dilation=dilation,
        feature_group_count=groups,
        use_bias=bias,
        conv_general_dilated=_convolve_depthwise if depthwise else None,
        name=name,
    )(x)


def _convolve_depthwise(
    x: jax.Array,
    kernel: jax.Array,
    strides: Sequence[int],
    padding: Padding,
    *,
    rhs_dilation: Sequence[int],
    **_: Any,
) -> jax.Array:
    """Convolves each channel separately (depthwise) as a sum over the kernel's positions.

    Replaces `lax.conv_general_dilated`, with which MobileNet-v2 takes almost five times as long on
    CPUs.
    """
    extents = [
        dilation * (side - 1) + 1
        for side, dilation in zip(kernel.shape[:2], rhs_dilation, strict=True)
    ]
    if isinstance(padding, str):
        padding = lax.padtype_to_pads(x.shape[1:3], extents, strides, padding)
    x = jnp.pad(x, ((0, 0), *padding, (0, 0)))
    ends = [side - length + 1 for side, length in zip(x.shape[1:3], extents, strict=True)]
    result = jnp.zeros((), x.dtype)
    for row, column in np.ndindex(*kernel.shape[:2]):
        top, left = row * rhs_dilation[0], column * rhs_dilation[1]
        shifted = x[:, top : top + ends[0] : strides[0], left : left + ends[1] : strides[1]]
        result += shifted * kernel[row, column].reshape(1, 1, 1, -1)
    return result


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
