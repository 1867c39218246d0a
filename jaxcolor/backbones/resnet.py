"""ResNet-18 and ResNet-50 (He et al., "Deep Residual Learning for Image Recognition", CVPR 2016).

Layers are named as in torchvision's state dicts; the 3 × 3 convolution has the stride.
"""

from collections.abc import Callable, Sequence

import flax.linen as nn
import jax

from jaxcolor.backbones import frozen_layers

# Depth to the residual blocks of each of the four layers, and whether they are bottlenecks.
_BLOCKS = {18: ((2, 2, 2, 2), False), 50: ((3, 4, 6, 3), True)}
TAPS = ("stem", "layer1", "layer2", "layer3", "layer4", "logits")

Layer = Callable[..., jax.Array]


def trunk(
    x: jax.Array,
    depth: int,
    dilate: Sequence[bool] = (False, False, False),
    prefix: str = "",
    *,
    conv: Layer = frozen_layers.conv,
    batch_norm: Layer = frozen_layers.batch_norm,
) -> dict[str, jax.Array]:
    """Computes every feature map of a ResNet, as submodules of the calling network.

    Args:
        x: `[N, H, W, C]`; the frozen networks take 3 channels, float32, normalized as for
            `jaxcolor.backbones.vgg16`.
        depth: 18 or 50.
        dilate: for layers 2, 3 and 4, whether dilation replaces the stride.
        prefix: of the layers' names.
        conv: convolves, called as `jaxcolor.backbones.frozen_layers.conv`.
        batch_norm: normalizes, called as `jaxcolor.backbones.frozen_layers.batch_norm`.

    Returns:
        For each of "stem" and "layer1" to "layer4" `[N, h, w, C]`.
    """
    counts, bottleneck = _BLOCKS[depth]
    x = conv(f"{prefix}conv1", x, 64, 7, 2, 3)
    x = nn.relu(batch_norm(f"{prefix}bn1", x))
    maps = {"stem": x}
    x = frozen_layers.max_pool(x, 3, 2, 1)
    dilation = 1
    for i, (count, dilated) in enumerate(zip(counts, (False, *dilate), strict=True)):
        stride = 1 if i == 0 or dilated else 2
        first_dilation = dilation
        dilation *= 2 if dilated else 1
        for block in range(count):
            x = _block(
                f"{prefix}layer{i + 1}.{block}",
                x,
                64 * 2**i,
                stride if block == 0 else 1,
                first_dilation if block == 0 else dilation,
                bottleneck,
                conv,
                batch_norm,
            )
        maps[f"layer{i + 1}"] = x
    return maps


def _block(
    name: str,
    x: jax.Array,
    width: int,
    stride: int,
    dilation: int,
    bottleneck: bool,
    conv: Layer,
    batch_norm: Layer,
) -> jax.Array:
    features = 4 * width if bottleneck else width
    # Kernel and stride of each convolution; the 3 × 3 ones of a bottleneck are dilated.
    shapes = ((1, 1), (3, stride), (1, 1)) if bottleneck else ((3, stride), (3, 1))
    y = x
    for i, (kernel, step) in enumerate(shapes, 1):
        wide = features if i == len(shapes) else width
        spread = dilation if kernel == 3 else 1
        y = conv(f"{name}.conv{i}", y, wide, kernel, step, spread * (kernel // 2), dilation=spread)
        y = batch_norm(f"{name}.bn{i}", y)
        if i < len(shapes):
            y = nn.relu(y)
    if stride > 1 or x.shape[-1] != features:
        x = conv(f"{name}.downsample.0", x, features, 1, stride)
        x = batch_norm(f"{name}.downsample.1", x)
    return nn.relu(x + y)


class ResNet(nn.Module):
    """Computes the feature maps, and the class scores if they are asked for."""

    depth: int
    taps: Sequence[str] = ("logits",)
    dilate: Sequence[bool] = (False, False, False)

    @nn.compact
    def __call__(self, x: jax.Array) -> dict[str, jax.Array]:
        """Computes feature maps.

        Args:
            x: `[N, H, W, 3]` float32, normalized as for `jaxcolor.backbones.vgg16`.

        Returns:
            For each tap, float32: "stem" and "layer1" to "layer4", `[N, h, w, C]` at 1/2, 1/4, 1/8,
            1/16 and 1/32 of the size where nothing is dilated; "logits", `[N, 1000]`.
        """
        maps = trunk(x, self.depth, self.dilate)
        if "logits" in self.taps:
            maps["logits"] = nn.Dense(1000, name="fc")(maps["layer4"].mean((1, 2)))
        return {tap: maps[tap] for tap in self.taps}
