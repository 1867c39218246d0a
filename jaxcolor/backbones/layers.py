"""Layers that the frozen networks share.

Every layer is a submodule of the network itself, named as in the official PyTorch file, dots
included ("Mixed_5b.branch1x1.conv"). So one rule turns any such file into Flax variables; see
`jaxcolor.backbones.weights.to_variables`.
"""

from collections.abc import Sequence

import flax.linen as nn
import jax

# For compiling what runs these networks alone. XLA hands convolutions on CPUs to YNNPACK, which
# takes 2.5 times as long for Inception-v3 as what XLA does without (scripts/benchmark_metrics.py);
# other devices have no use for the option and ignore it.
COMPILER_OPTIONS = {"xla_cpu_experimental_ynn_fusion_type": ""}

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
    """Convolves `[N, H, W, C]`; `padding` is PyTorch's, on both sides alike, or "SAME"."""
    size = (kernel, kernel) if isinstance(kernel, int) else kernel
    if isinstance(padding, int):
        padding = (padding, padding)
    pads: Padding = padding if isinstance(padding, str) else [(pad, pad) for pad in padding]
    return nn.Conv(
        features,
        size,
        stride,
        pads,
        kernel_dilation=dilation,
        feature_group_count=groups,
        use_bias=bias,
        name=name,
    )(x)


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
    """Averages each 3 × 3 neighbourhood, over those pixels of it that exist."""
    return nn.avg_pool(x, (3, 3), (1, 1), "SAME", count_include_pad=False)
