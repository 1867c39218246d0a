"""MobileNet-v2 with folded batch norms (Sandler et al., CVPR 2018), of TensorFlow's padding.

Layers have plain names, "stem", "block_00.expand" and so on, and kernels of height, width, inputs
and outputs.
"""

import functools
from typing import Any

import flax.linen as nn
import jax

from jaxcolor.backbones import frozen_layers

# The channels of the 17 blocks' outputs.
_CHANNELS = (16, 24, 24, 32, 32, 32, 64, 64, 64, 64, 96, 96, 96, 160, 160, 160, 320)
_STRIDED = (1, 3, 6, 13)


def trunk(
    x: jax.Array, output_stride: int = 32, prefix: str = "", dtype: Any = None
) -> dict[int, jax.Array]:
    """Runs the stem and the 17 blocks, as submodules of the calling network.

    Args:
        x: `[N, H, W, C]` in [-1, 1]; the frozen networks take 3 channels, float32.
        output_stride: 32, or 8 for blocks that are dilated instead.
        prefix: of the layers' names.
        dtype: that is computed in; without it, that of `x` and the parameters.

    Returns:
        For each stride from 2 to `output_stride` the last map at that part of the size, rounded up:
        `[N, h, w, C]`; 16, 24, 32, 96 and 320 channels for 2 to 32, and 320 for an
        `output_stride` of 8.
    """
    conv = functools.partial(frozen_layers.conv, bias=True, dtype=dtype)
    pointwise = functools.partial(frozen_layers.pointwise, dtype=dtype)
    x = nn.relu6(conv(f"{prefix}stem", x, 32, 3, 2, "SAME"))
    maps, reached, dilation = {}, 2, 1
    for i, features in enumerate(_CHANNELS):
        stride, rate = 1, dilation
        if i in _STRIDED:
            if reached < output_stride:
                stride, reached = 2, 2 * reached
            else:
                dilation *= 2
        name = f"{prefix}block_{i:02d}"
        y = x
        if i > 0:
            y = nn.relu6(pointwise(f"{name}.expand", y, 6 * x.shape[-1]))
        wide = y.shape[-1]
        y = conv(f"{name}.depthwise", y, wide, 3, stride, "SAME", dilation=rate, groups=wide)
        y = pointwise(f"{name}.project", nn.relu6(y), features)
        x = maps[reached] = x + y if y.shape == x.shape else y
    return maps


class MobileNetV2(nn.Module):
    """Classifies images: 1001 scores, of which the first is "background"."""

    @nn.compact
    def __call__(self, x: jax.Array) -> dict[str, jax.Array]:
        """Computes class scores.

        Args:
            x: `[N, H, W, 3]` float32, sRGB as `(value of 8 bits - 128) / 128`, usually 224 × 224.

        Returns:
            "logits": `[N, 1001]` float32.
        """
        x = nn.relu6(frozen_layers.conv("head", trunk(x)[32], 1280, bias=True))
        x = x.mean((1, 2), keepdims=True)
        return {"logits": frozen_layers.conv("logits", x, 1001, bias=True)[:, 0, 0]}
