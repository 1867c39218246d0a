"""The Dynamic U-Net of fastai over ResNet-18, and its encoder's weights from torchvision.

It reproduces `DynamicUnet(create_body(resnet18(), n_in=1, cut=-2), 2, size)` of fastai 2.8.
The initialization is the same: He et al. (2015) by outputs for the encoder's kernels, PyTorch's
uniform one for the first and the last kernel of the network, He et al. by inputs for all others,
ICNR (Aitken et al., 2017) for the upsampling ones, 0 for biases. Scales of norms are drawn from
N(1, 0.02), as in the other networks.
"""

from collections.abc import Mapping
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from ml_collections import ConfigDict

from jaxcolor.backbones import conversion, resnet, weights
from jaxcolor.config import InputError
from jaxcolor.data import spaces
from jaxcolor.models import layers
from jaxcolor.models.generator import Generator, Variables, build_over_encoder

_SMALLEST = 17
# The encoder's feature maps that the decoder concatenates, each the last of its size.
_SKIPS = ("layer3", "layer2", "layer1", "stem")

_he = nn.initializers.variance_scaling(2, "fan_in", "normal")
_he_by_outputs = nn.initializers.variance_scaling(2, "fan_out", "normal")
_uniform = nn.initializers.variance_scaling(1 / 3, "fan_in", "uniform")


def _icnr(key: jax.Array, shape: tuple[int, ...], dtype: Any = jnp.float32) -> jax.Array:
    kernel = _he(key, (*shape[:-1], shape[-1] // 4), dtype)
    return jnp.repeat(kernel, 4, axis=-1)


def build(config: ConfigDict) -> Generator:
    """Builds the configured network, with a pretrained encoder if `generator.pretrained` is set.

    Raises:
        InputError: an image too small to be halved five times, or no weights of ResNet-18 on this
            machine.
    """
    size = config.data.image_size
    if size < _SMALLEST:
        raise InputError(
            f"config.data.image_size={size}: too small for config.generator.name='dynamic_unet', "
            f"which needs {_SMALLEST} pixels or more"
        )
    network = DynamicUNet(
        num_outputs=spaces.build(config.data).num_outputs,
        frozen_encoder=config.generator.encoder_rate == 0,
        dtype=jnp.dtype(config.train.dtype),
    )
    return build_over_encoder(config, network, _start_pretrained)


def _start_pretrained(variables: Variables) -> Variables:
    return encoder_from_resnet18(variables, weights.load("resnet18").tensors)


class Encoder(nn.Module):
    """ResNet-18 without its classifier, trainable, its layers named as in torchvision."""

    dtype: Any = jnp.float32

    @nn.compact
    def __call__(self, gray: jax.Array, *, train: bool) -> dict[str, jax.Array]:
        """Computes feature maps.

        Args:
            gray: `[N, H, W, 1]`.
            train: use the batch's statistics.

        Returns:
            For each of "stem" and "layer1" to "layer4" `[N, h, w, C]` in `dtype`, at 1/2, 1/4, 1/8,
            1/16 and 1/32 of the size, rounded up.
        """

        def conv(name, x, features, kernel, stride, padding=0, *, dilation=1):
            assert dilation == 1
            init = _uniform if name == "conv1" else _he_by_outputs
            return layers.Conv(
                features, kernel, stride, padding, False, self.dtype, init, name=name
            )(x)

        def batch_norm(name, x):
            return layers.batch_norm(train, self.dtype, name)(x)

        return resnet.trunk(gray, 18, conv=conv, batch_norm=batch_norm)


class Upsample(nn.Module):
    """Doubles height and width: a 1 × 1 convolution, ReLU, and four channels to four pixels."""

    features: int
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """Maps `[N, H, W, C]` to `[N, 2H, 2W, features]`."""
        conv = layers.Conv(4 * self.features, 1, dtype=self.dtype, kernel_init=_icnr, name="conv")
        return layers.pixel_shuffle(nn.relu(conv(x)))


class DynamicUNet(nn.Module):
    """ResNet-18 and a decoder of pixel shuffles, joined by skips; 31.1 M parameters.

    The encoder's last map passes a batch norm, ReLU and two 3 × 3 convolutions. Each of four
    levels halves the channels, doubles the size, joins the batch norm of the encoder's map of
    that size, and has ReLU and two 3 × 3 convolutions; the last of the levels halves its channels.
    At the image's size the image itself is joined, and a residual block and a 1 × 1 convolution end
    the network. The decoder's convolutions have biases and ReLU, and no norms. A frozen encoder's
    norms keep their statistics.
    """

    num_outputs: int = 2
    frozen_encoder: bool = False
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(self, gray: jax.Array, *, train: bool) -> jax.Array:
        """Colors gray images.

        Args:
            gray: `[N, S, S, 1]` float32 in [-1, 1].
            train: use the batch's statistics.

        Returns:
            `[N, S, S, num_outputs]` float32, linear, without bounds.
        """
        maps = Encoder(self.dtype, name="encoder")(gray, train=train and not self.frozen_encoder)
        x = nn.relu(self._normalize("norm", maps["layer4"], train))
        channels = x.shape[-1]
        x = nn.relu(self._conv("middle_0", x, 2 * channels))
        x = nn.relu(self._conv("middle_1", x, channels))

        for level, name in enumerate(_SKIPS):
            skip = self._normalize(f"norm_{level}", maps[name], train)
            x = self._upsample(f"up_{level}", x, x.shape[-1] // 2, skip)
            x = nn.relu(jnp.concatenate([x, skip], axis=-1))
            channels = x.shape[-1] // (2 if name == _SKIPS[-1] else 1)
            x = nn.relu(self._conv(f"conv_{level}_0", x, channels))
            x = nn.relu(self._conv(f"conv_{level}_1", x, channels))

        x = self._upsample(f"up_{len(_SKIPS)}", x, x.shape[-1], gray)
        x = jnp.concatenate([x, gray.astype(self.dtype)], axis=-1)
        y = nn.relu(self._conv("residual_0", x, x.shape[-1]))
        x = nn.relu(self._conv("residual_1", y, x.shape[-1]) + x)
        last = layers.Conv(self.num_outputs, 1, dtype=self.dtype, kernel_init=_uniform, name="last")
        return last(x).astype(jnp.float32)

    def _conv(self, name: str, x: jax.Array, features: int) -> jax.Array:
        return layers.Conv(features, 3, padding=1, dtype=self.dtype, kernel_init=_he, name=name)(x)

    def _normalize(self, name: str, x: jax.Array, train: bool) -> jax.Array:
        return layers.batch_norm(train, self.dtype, name)(x)

    def _upsample(self, name: str, x: jax.Array, features: int, like: jax.Array) -> jax.Array:
        # Twice a size that was rounded up is one too much. fastai resizes to the nearest pixels,
        # which here are the first ones.
        x = Upsample(features, self.dtype, name=name)(x)
        return x[:, : like.shape[1], : like.shape[2]]


def encoder_from_resnet18(
    variables: Mapping[str, Any], tensors: Mapping[str, np.ndarray]
) -> dict[str, Any]:
    """Replaces the encoder's weights by those of torchvision's ResNet-18.

    The first kernel is summed over red, green and blue, so that the result is that of a gray
    image in all three channels.

    Args:
        variables: of the `DynamicUNet`, {"params": …, "batch_stats": …}.
        tensors: of the official file, in PyTorch's layout.

    Returns:
        The variables with that encoder, whose leaves are NumPy arrays.

    Raises:
        InputError: a tensor is missing or has another shape than it should; the message names it.
    """
    if "conv1.weight" in tensors:
        kernel = np.asarray(tensors["conv1.weight"], np.float32)
        if kernel.shape != (64, 3, 7, 7):
            raise InputError(
                f"the shape of conv1.weight is {kernel.shape}, and should be (64, 3, 7, 7)"
            )
        tensors = {**tensors, "conv1.weight": kernel.sum(1, keepdims=True)}
    template = {kind: variables[kind]["encoder"] for kind in ("params", "batch_stats")}
    encoder = conversion.convert(tensors, template, "ResNet-18")
    return {
        **variables,
        **{kind: {**variables[kind], "encoder": encoder[kind]} for kind in encoder},
    }
