"""The Inception fusion generator: frozen networks' outputs as conditions of the generator.

Baldassarre et al., "Deep Koalarization: Image Colorization using CNNs and Inception-ResNet-v2",
2017, with the class maps of a segmentation network beside the gray image.
"""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from ml_collections import ConfigDict

from jaxcolor import scaling
from jaxcolor.backbones import networks
from jaxcolor.config import InputError
from jaxcolor.data import spaces
from jaxcolor.models import layers
from jaxcolor.models.generator import Generator

# Height and width, in pixels, of the images that the embedding networks were trained with.
_EMBEDDING_SIZES = {"inception_resnet_v2": 299, "mobilenet_v2": 224}
_SEGMENTATIONS = ("deeplab_v3_resnet50", "deeplab_v3_mobilenet_v2")
_HALVINGS = 3

# Without norms, the kernels' initialization has to keep the variance of the activations.
_init = nn.initializers.he_normal()


def build(config: ConfigDict) -> Generator:
    """Builds the configured network with its frozen parts.

    Raises:
        InputError: an image size that cannot be halved three times, an unknown frozen network, or
            its weights are not on this machine.
    """
    options, size = config.generator, config.data.image_size
    if size % 2**_HALVINGS:
        raise InputError(
            f"config.data.image_size={size}: config.generator.name='fusion' needs a multiple of 8"
        )
    parts: dict[str, networks.Backbone] = {}
    for field, choices in (
        ("segmentation", _SEGMENTATIONS),
        ("embedding", tuple(_EMBEDDING_SIZES)),
    ):
        name = options[field]
        if not name:
            continue
        if name not in choices:
            raise InputError(
                f"config.generator.{field}={name!r}: must be empty or one of {', '.join(choices)}"
            )
        try:
            parts[field] = networks.load(name, ("logits",), _EMBEDDING_SIZES.get(name, size))
        except InputError as error:
            raise InputError(f"config.generator.{field}={name!r}: {error}") from error
    space = spaces.build(config.data)

    def conditions(frozen: Any, gray: jax.Array) -> dict[str, Any]:
        rgb = space.gray_to_rgb(gray)
        found = {}
        if "segmentation" in parts:
            logits = parts["segmentation"].features(frozen["segmentation"], rgb)["logits"]
            _, height, width, _ = gray.shape
            found["class_maps"] = scaling.resize(nn.softmax(logits), height, width)
        if "embedding" in parts:
            side = _EMBEDDING_SIZES[options.embedding]
            resized = scaling.resize(rgb, side, side)
            found["embedding"] = parts["embedding"].features(frozen["embedding"], resized)["logits"]
        return found

    return Generator(
        FusionNetwork(
            num_filters=options.num_filters,
            num_outputs=space.num_outputs,
            activation=space.activation,
            dropout=options.dropout,
            dtype=jnp.dtype(config.train.dtype),
        ),
        conditions,
        {field: part.variables for field, part in parts.items()},
        {options[field]: part.sha256 for field, part in parts.items()},
    )


class FusionNetwork(nn.Module):
    """Encoder, fusion and decoder of 3 × 3 convolutions with ReLU, then the activation; no norms.

    With class maps the image is stacked to three channels, joined by them, and has a convolution
    of 3/8 of the filters first. An embedding is repeated over the encoder's output, and a 1 × 1
    convolution joins the two. The first three convolutions of the decoder drop out.
    """

    num_filters: int = 64
    num_outputs: int = 2
    activation: spaces.Activation = jnp.tanh
    dropout: float = 0.5
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(
        self,
        gray: jax.Array,
        *,
        train: bool,
        class_maps: jax.Array | None = None,
        embedding: jax.Array | None = None,
    ) -> jax.Array:
        """Colors gray images.

        Args:
            gray: `[N, H, W, 1]` float32 in [-1, 1]; H and W multiples of 8.
            train: drop out.
            class_maps: `[N, H, W, 21]` float32, probabilities.
            embedding: `[N, 1001]` float32, logits.

        Returns:
            `[N, H, W, num_outputs]` float32, of the activation.
        """
        width = self.num_filters

        def convolve(name: str, x: jax.Array, features: int, stride: int = 1) -> jax.Array:
            conv = layers.Conv(
                features, 3, stride, 1, dtype=self.dtype, kernel_init=_init, name=name
            )
            return nn.relu(conv(x))

        def drop(x: jax.Array) -> jax.Array:
            return layers.Dropout(self.dropout)(x, train)

        x = gray
        if class_maps is not None:
            x = jnp.concatenate([gray, gray, gray, class_maps], axis=-1)
            x = convolve("encoder_first", x, 3 * width // 8)
        for i, (multiple, stride) in enumerate(
            ((1, 2), (2, 1), (2, 2), (4, 1), (4, 2), (8, 1), (8, 1), (4, 1))
        ):
            x = convolve(f"encoder_{i}", x, multiple * width, stride)
        if embedding is not None:
            shape = (*x.shape[:-1], embedding.shape[-1])
            repeated = jnp.broadcast_to(embedding[:, None, None, :].astype(self.dtype), shape)
            x = jnp.concatenate([x, repeated], axis=-1)
        fuse = layers.Conv(4 * width, 1, dtype=self.dtype, kernel_init=_init, name="fusion")
        x = nn.relu(fuse(x))
        x = layers.upsample(drop(convolve("decoder_0", x, 2 * width)), "nearest")
        x = drop(convolve("decoder_1", x, width))
        x = drop(convolve("decoder_2", x, width))
        x = convolve("decoder_3", layers.upsample(x, "nearest"), width // 2)
        last = layers.Conv(
            self.num_outputs, 3, padding=1, dtype=self.dtype, kernel_init=_init, name="last"
        )
        return self.activation(layers.upsample(last(x), "nearest").astype(jnp.float32))
