"""Times jaxcolor/models/convolution.py and jaxcolor/backbones/depthwise.py against plain JAX.

    python scripts/benchmark_convolution.py --batch_size 4 --image_size 256

Times one gradient of the whole U-Net, one gradient of the gradient penalty on the PatchGAN, one
gradient of MobileNet-v2, and single layers that the maps compute in forms of their own, with the
maps and with JAX's own derivatives of the same operations, in alternation. Before that both must
give the same numbers in float64. In float32 rounding can change the sign of an activation before a
LeakyReLU, and the gradient of the penalty then differs.
"""

import argparse
import functools
from collections.abc import Callable
from typing import Any
from unittest import mock

import jax
import jax.numpy as jnp
import numpy as np
from benchmarking import timing

from jaxcolor import config as config_lib
from jaxcolor import models
from jaxcolor.backbones import depthwise, frozen_layers
from jaxcolor.compilation import compile_network
from jaxcolor.losses.gan import gradient_penalty
from jaxcolor.models import layers, mobile_unet
from jaxcolor.training import parallel

_PADDING = ((1, 1), (1, 1))
# How much the results may differ in float64, relative to the largest number.
_BOUND = 1e-10


def plain_transposed(y, kernel, stride, padding, size):
    """Transposes a convolution and leaves its derivatives to JAX."""
    shape = jax.ShapeDtypeStruct((y.shape[0], *size, kernel.shape[2]), y.dtype)
    transpose = jax.linear_transpose(lambda x: plain(x, kernel, stride, padding), shape)
    return transpose(y)[0]


def plain(x, kernel, stride, padding):
    """Convolves and leaves the derivatives to JAX."""
    return jax.lax.conv_general_dilated(
        x, kernel, (stride, stride), padding, dimension_numbers=("NHWC", "HWIO", "NHWC")
    )


def make_functions(
    args: argparse.Namespace, batch_size: int, dtype: str
) -> dict[str, tuple[Callable, tuple]]:
    """Makes the functions to time, with their arguments."""
    config = config_lib.get_config()
    config.data.image_size = args.image_size
    config.discriminator.norm = "layer"
    config.train.dtype = dtype
    generator = models.build_generator(config).network
    critic = models.build_discriminator(config)
    keys = jax.random.split(jax.random.key(0, impl="rbg"), 3)  # Compiles faster.
    size = (batch_size, args.image_size, args.image_size)
    L, real, fake = (
        jax.random.uniform(key, (*size, channels), dtype, minval=-1)
        for key, channels in zip(keys, (1, 3, 3), strict=True)
    )
    encoder = mobile_unet.Encoder(jnp.dtype(dtype))

    @jax.jit
    def draw():
        drawn = (
            generator.init(keys[0], L, train=False),
            critic.init(keys[1], real)["params"],
            encoder.init(keys[2], real),
        )
        return jax.tree.map(lambda leaf: leaf.astype(dtype), drawn)

    variables, params, encoder_variables = draw()

    def generator_loss(params):
        ab, _ = generator.apply(
            {**variables, "params": params},
            L,
            train=True,
            rngs={"dropout": keys[2]},
            mutable=["batch_stats"],
        )
        return jnp.abs(ab).mean()

    def penalty(params):
        examples = jax.random.split(keys[2], batch_size)
        return gradient_penalty(
            lambda pairs: critic.apply({"params": params}, pairs), real, fake, examples
        )

    def encoder_loss(variables):
        return sum(jnp.abs(x).mean() for x in encoder.apply(variables, real).values())

    def layer(side: int, inputs: int, outputs: int, kernel: int) -> tuple[jax.Array, jax.Array]:
        return (
            jax.random.normal(keys[0], (batch_size, side, side, inputs), dtype),
            jax.random.normal(keys[1], (kernel, kernel, inputs, outputs), dtype),
        )

    def convolve(x, kernel):
        return layers.convolution(x, kernel, 1, _PADDING)

    def double(y, kernel):
        size = (2 * y.shape[1], 2 * y.shape[2])
        return layers.transposed_convolution(y, kernel.swapaxes(2, 3), 2, _PADDING, size)

    half = args.image_size // 4
    return {
        "gradient of the U-Net": (jax.grad(generator_loss), (variables["params"],)),
        "gradient of the PatchGAN's penalty": (jax.grad(penalty), (params,)),
        "gradient of MobileNet-v2": (jax.grad(encoder_loss), (encoder_variables,)),
        f"{half}² × 256 to {2 * half}² × 64": (double, layer(half, 256, 64, 4)),
        f"{half}² × 128 to {2 * half}² × 64": (double, layer(half, 128, 64, 4)),
        "2² × 512 to 4² × 512": (double, layer(2, 512, 512, 4)),
        "2² × 512 to 2² × 512": (convolve, layer(2, 512, 512, 3)),
    }


_KINDS = {
    "maps": (layers.convolution, layers.transposed_convolution, depthwise.convolve_depthwise),
    "plain JAX": (plain, plain_transposed, jax.lax.conv_general_dilated),
}


def compile_kinds(function: Callable, arguments: tuple) -> dict[str, Callable]:
    """Compiles a function with one and with the other kind of convolution in the layers."""
    programs = {}
    for kind, (convolution, transposed, by_channel) in _KINDS.items():
        names = {"convolution": convolution, "transposed_convolution": transposed}
        with (
            mock.patch.multiple(layers, **names),
            mock.patch.object(frozen_layers, "convolve_depthwise", by_channel),
        ):
            mapped = parallel.bind_axis(lambda *a: function(*a))  # Batch norms reduce over it.
            programs[kind] = compile_network(mapped).lower(*arguments).compile()
    return programs


def differ(function: Callable, arguments: tuple) -> float:
    """Finds how much the kinds' results differ, relative to the largest number."""
    results = [program(*arguments) for program in compile_kinds(function, arguments).values()]
    ours, plain_ones = (
        np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(result)]) for result in results
    )
    return float(np.abs(ours - plain_ones).max() / np.abs(plain_ones).max())


def run(program: Callable, arguments: tuple) -> None:
    """Runs a program to its end."""
    jax.block_until_ready(program(*arguments))


def main() -> None:
    """Prints seconds of both kinds and their ratio."""
    parser = timing.parser(__doc__, runs=5)
    parser.add_argument("--image_size", type=int, default=256)
    parser.add_argument("--batch_size", type=int, default=4)
    args = parser.parse_args()
    if args.quick:
        args.image_size, args.runs = 32, 3
    rows = [["what", "program", "seconds", "the maps are faster", "difference in float64"]]
    figures: dict[str, Any] = {"device": jax.devices()[0].device_kind}
    with jax.enable_x64(True):
        # Two examples, with which a batch norm at the U-Net's one innermost pixel is not constant.
        differences = {
            name: differ(*what) for name, what in make_functions(args, 2, "float64").items()
        }
    if max(differences.values()) > _BOUND:
        raise SystemExit(f"The maps and plain JAX differ by more than {_BOUND}: {differences}")
    for name, what in make_functions(args, args.batch_size, "float32").items():
        programs = {
            kind: functools.partial(run, program, what[1])
            for kind, program in compile_kinds(*what).items()
        }
        figures[name] = timing.alternate(programs, args.runs)
        for kind, result in figures[name].items():
            rows.append(
                [
                    name,
                    kind,
                    f"{result['seconds']:.4f}",
                    timing.format_ratio(result),
                    f"{differences[name]:.1e}",
                ]
            )
    timing.report(args, rows, figures | {"differences": differences})
    print(f"{jax.devices()[0].device_kind}, batch {args.batch_size}, {args.image_size} pixels")


if __name__ == "__main__":
    main()
