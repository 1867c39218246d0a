"""DeepLab-v3 segmentation into the 21 classes of PASCAL VOC.

Chen et al., "Rethinking Atrous Convolution for Semantic Image Segmentation", 2017.
"""

import flax.linen as nn
import jax
import jax.numpy as jnp

from jaxcolor.backbones import frozen_layers, mobilenet_v2, resnet

NUM_CLASSES = 21


class DeepLabV3ResNet50(nn.Module):
    """On ResNet-50 with output stride 8; layers are named as in torchvision's state dict."""

    @nn.compact
    def __call__(self, x: jax.Array) -> dict[str, jax.Array]:
        """Computes class scores per pixel.

        Args:
            x: `[N, H, W, 3]` float32, normalized as for `jaxcolor.backbones.vgg16`.

        Returns:
            "logits": `[N, ⌈H / 8⌉, ⌈W / 8⌉, 21]` float32, background first; torchvision scales them
            up bilinearly to `H × W`.
        """
        x = resnet.trunk(x, 50, (False, True, True), "backbone.")["layer4"]
        aspp = "classifier.0"

        branches = [_block(f"{aspp}.convs.0", 0, x)]
        for i, rate in enumerate((12, 24, 36), 1):
            branches.append(_block(f"{aspp}.convs.{i}", 0, x, 3, rate))
        pooled = _block(f"{aspp}.convs.4", 1, x.mean((1, 2), keepdims=True))
        branches.append(jnp.broadcast_to(pooled, branches[0].shape))
        x = _block(f"{aspp}.project", 0, jnp.concatenate(branches, axis=-1))
        x = _block("classifier", 1, x, 3)
        return {"logits": frozen_layers.conv("classifier.4", x, NUM_CLASSES, bias=True)}


def _block(sequence: str, place: int, x: jax.Array, kernel: int = 1, rate: int = 1) -> jax.Array:
    """Runs a convolution and the batch norm behind it, at a place in a sequence of layers."""
    pad = rate * (kernel // 2)
    x = frozen_layers.conv(f"{sequence}.{place}", x, 256, kernel, 1, pad, dilation=rate)
    return nn.relu(frozen_layers.batch_norm(f"{sequence}.{place + 1}", x))


class DeepLabV3MobileNetV2(nn.Module):
    """On MobileNet-v2 with output stride 8, batch norms folded."""

    @nn.compact
    def __call__(self, x: jax.Array) -> dict[str, jax.Array]:
        """Computes class scores per pixel.

        Args:
            x: `[N, H, W, 3]` float32, sRGB in [-1, 1], usually 257 × 257.

        Returns:
            "logits": `[N, ⌈H / 8⌉, ⌈W / 8⌉, 21]` float32, background first.
        """
        x = mobilenet_v2.trunk(x, 8, "backbone.")[8]
        pooled = x.mean((1, 2), keepdims=True)
        pooled = nn.relu(frozen_layers.conv("head.image_pooling", pooled, 256, bias=True))
        local = nn.relu(frozen_layers.conv("head.aspp0", x, 256, bias=True))
        x = jnp.concatenate([jnp.broadcast_to(pooled, local.shape), local], axis=-1)
        x = nn.relu(frozen_layers.conv("head.projection", x, 256, bias=True))
        return {"logits": frozen_layers.conv("head.logits", x, NUM_CLASSES, bias=True)}
