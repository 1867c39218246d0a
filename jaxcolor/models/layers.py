"""Layers that the networks share: convolutions, normalization, dropout."""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from jax import lax

from jaxcolor import scaling
from jaxcolor.models.convolution import convolution, transposed_convolution

# The axis over which a step's batch is distributed. It is always bound, on one device too
# (`jaxcolor/training/parallel.py`).
AXIS = "data"

# pix2pix (Isola et al., 2017, §6.2): weights from N(0, 0.02), scales of norms from N(1, 0.02).
weight_init = nn.initializers.normal(0.02)


def scale_init(key: jax.Array, shape: tuple[int, ...], dtype: Any = jnp.float32) -> jax.Array:
    """Draws the scales of a normalization from N(1, 0.02)."""
    return 1 + weight_init(key, shape, dtype)


class Conv(nn.Module):
    """A square convolution with symmetric padding: `[N, H, W, I]` to `[N, H', W', features]`."""

    features: int
    kernel_size: int
    stride: int = 1
    padding: int = 0
    use_bias: bool = True
    dtype: Any = jnp.float32
    kernel_init: nn.initializers.Initializer = weight_init

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """Computes in `dtype` with float32 parameters."""
        shape = (self.kernel_size, self.kernel_size, x.shape[-1], self.features)
        kernel = self.param("kernel", self.kernel_init, shape).astype(self.dtype)
        pad = (self.padding, self.padding)
        y = convolution(x.astype(self.dtype), kernel, self.stride, (pad, pad))
        return _add_bias(self, y) if self.use_bias else y


class ConvTranspose(nn.Module):
    """Doubles height and width by a transposed convolution of stride 2 and padding 1.

    Its kernel is 4 × 4, or 3 × 3.
    """

    features: int
    use_bias: bool = True
    dtype: Any = jnp.float32
    kernel_size: int = 4

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """Computes `[N, 2H, 2W, features]` in `dtype` with float32 parameters."""
        side = self.kernel_size
        kernel = self.param("kernel", weight_init, (side, side, self.features, x.shape[-1]))
        _, height, width, _ = x.shape
        y = transposed_convolution(
            x.astype(self.dtype),
            kernel.astype(self.dtype),
            2,
            ((1, 1), (1, 1)),
            (2 * height, 2 * width),
        )
        return _add_bias(self, y) if self.use_bias else y


def _add_bias(module: Conv | ConvTranspose, y: jax.Array) -> jax.Array:
    bias = module.param("bias", nn.initializers.zeros, (module.features,))
    return y + bias.astype(module.dtype).reshape(1, 1, 1, -1)


def pixel_shuffle(x: jax.Array) -> jax.Array:
    """Rearranges four channels to four pixels: `[N, H, W, 4C]` to `[N, 2H, 2W, C]`.

    As in PyTorch, the pixel's row and column are the fastest part of the channel.
    """
    n, height, width, channels = x.shape
    x = x.reshape(n, height, width, channels // 4, 2, 2).transpose(0, 1, 4, 2, 5, 3)
    return x.reshape(n, 2 * height, 2 * width, channels // 4)


def upsample(x: jax.Array, method: scaling.Method = "bilinear") -> jax.Array:
    """Doubles height and width without parameters, "bilinear" or "nearest"."""
    _, height, width, _ = x.shape
    return scaling.resize(x, 2 * height, 2 * width, method)


def batch_norm(train: bool, dtype: Any, name: str | None = None) -> nn.BatchNorm:
    """Makes a batch norm with PyTorch's constants; training shares statistics over `AXIS`."""
    return nn.BatchNorm(
        use_running_average=not train,
        momentum=0.9,
        epsilon=1e-5,
        scale_init=scale_init,
        axis_name=AXIS if train and several_devices() else None,
        dtype=dtype,
        name=name,
    )


def group_norm(num_groups: int, dtype: Any, *, affine: bool = True) -> nn.GroupNorm:
    """Makes a norm over each example separately, with PyTorch's constants.

    Args:
        num_groups: of the channels; 1 makes a layer norm, as many as channels an instance norm.
        dtype: of the result.
        affine: scale and shift what was normalized.
    """
    return nn.GroupNorm(
        num_groups,
        epsilon=1e-5,
        dtype=dtype,
        use_bias=affine,
        use_scale=affine,
        scale_init=scale_init,
        # The fast one, E[x²] - E[x]², suffers from cancellation: gradients through CycleGAN's 23
        # norms then have two correct digits only.
        use_fast_variance=False,
    )


def several_devices() -> bool:
    """Returns whether `AXIS` has more than one device.

    On CPUs XLA does not remove a reduction over one device, which costs a copy and prevents fusion.
    """
    return lax.axis_size(AXIS) > 1


def mean_over_devices(tree: Any) -> Any:
    """Averages each array of a tree over `AXIS`."""
    return lax.pmean(tree, AXIS) if several_devices() else tree


def example_keys(key: jax.Array, count: int) -> jax.Array:
    """Makes one key per example, set by the example's position in the global batch, over `AXIS`.

    So an example's randomness is the same on any number of devices.

    Args:
        key: a key that all devices share.
        count: examples on this device.

    Returns:
        `[count]` keys.
    """
    places = lax.axis_index(AXIS) * count + jnp.arange(count)
    return jax.vmap(jax.random.fold_in, in_axes=(None, 0))(key, places)


class Dropout(nn.Module):
    """Zeroes values with probability `rate` and scales the rest up, example by example."""

    rate: float

    @nn.compact
    def __call__(self, x: jax.Array, train: bool) -> jax.Array:
        """Draws from the random stream "dropout" while training."""
        if not train or self.rate == 0:
            return x
        keys = example_keys(self.make_rng("dropout"), x.shape[0])
        keep = jax.vmap(lambda key: jax.random.bernoulli(key, 1 - self.rate, x.shape[1:]))(keys)
        return jnp.where(keep, x / (1 - self.rate), 0)
