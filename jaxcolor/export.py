"""Writes a model for other programs, as StableHLO or ONNX.

    jaxcolor export --output model.stablehlo
    jaxcolor export --model model --output model.onnx --format onnx

The file holds one function, from images [N, S, S, 3] uint8, sRGB, to their a and b [N, S, S, 2]
float32, in units of Lab. N is any number; S is the size that the model was trained with (an
upscaler's output is twice as large). JAX loads StableHLO without jaxcolor, on CPUs, NVIDIA GPUs and
TPUs. ONNX needs pip install "jaxcolor[onnx]".
"""

import logging
import pathlib
import sys
from collections.abc import Callable

import jax
import jax.export
import jax.numpy as jnp
from jax.extend.core import jaxpr_as_fun

from jaxcolor import cli, color, compilation, files, inference, models, pretrained
from jaxcolor.config import InputError
from jaxcolor.training import trained

_PLATFORMS = ("cpu", "cuda", "tpu")


def to_stablehlo(predict: Callable, images: jax.ShapeDtypeStruct) -> bytes:
    """Serializes a function of images as `jax.export.deserialize` reads it."""
    return bytes(jax.export.export(jax.jit(predict), platforms=_PLATFORMS)(images).serialize())


def to_onnx(predict: Callable, images: jax.ShapeDtypeStruct) -> bytes:
    """Converts a function of images to an ONNX model, whose input is "rgb" and its output "ab".

    Raises:
        InputError: jax2onnx is not installed.
    """
    try:
        import jax2onnx
    except ImportError as error:
        raise InputError(
            '--format onnx: needs jax2onnx; run pip install "jaxcolor[onnx]", in an environment of '
            f"its own if it holds other versions of JAX or Orbax ({error})"
        ) from error
    logging.getLogger("onnx_ir").setLevel(logging.ERROR)  # It names every value without a type.
    # jax2onnx replaces functions of JAX by its own, some of which take no symbolic sizes; so what
    # it converts is traced already.
    with compilation.plain_convolutions():
        traced = jaxpr_as_fun(jax.make_jaxpr(predict)(images))
    model = jax2onnx.to_onnx(
        lambda rgb: traced(rgb)[0],
        [images],
        model_name="jaxcolor",
        input_names=["rgb"],
        output_names=["ab"],
    )
    return model.SerializeToString()


FORMATS = {"stablehlo": to_stablehlo, "onnx": to_onnx}


def export(
    model: pathlib.Path,
    path: pathlib.Path,
    format_name: str = "stablehlo",
    **options: float | None,
) -> None:
    """Writes a trained generator, with its weights, as a function from images to a and b.

    Args:
        model: a model folder, or the workdir of a run.
        path: of the file to write.
        format_name: one of `FORMATS`.
        **options: `colorfulness` and `temperature`; None keeps the model's own.

    Raises:
        InputError: the model cannot be read, or has no such options; or jax2onnx is not installed.
        OSError: the file cannot be written.
    """
    config, generator, variables = trained.load_generator(model)
    config = inference.with_bins(config, **options)
    space = models.build_space(config)

    def predict(rgb: jax.Array) -> jax.Array:
        gray = space.to_gray(rgb)
        colors = space.decode(gray, generator.apply(variables, generator.frozen, gray))
        return color.AB_SCALE * space.join_ab(gray, colors)

    (count,) = jax.export.symbolic_shape("N")
    size = config.data.image_size
    images = jax.ShapeDtypeStruct((count, size, size, 3), jnp.uint8)
    data = FORMATS[format_name](predict, images)
    with files.written_whole(path) as partial:
        partial.write_bytes(data)


def main() -> None:
    """Exports a model."""
    parser = cli.Parser(__doc__, "jaxcolor export")
    cli.add_model_option(parser, default=pretrained.FOLDER)
    parser.add_argument("--output", required=True, type=pathlib.Path, help="file to write")
    parser.add_argument(
        "--format", default="stablehlo", choices=FORMATS, help="of the file (default: stablehlo)"
    )
    cli.add_color_options(parser, factor=False)
    args = parser.parse_args()
    try:
        export(
            args.model,
            args.output,
            args.format,
            colorfulness=args.colorfulness,
            temperature=args.temperature,
        )
    except (InputError, OSError) as error:
        sys.exit(f"error: {error}")
    print(f"{args.output}: {args.output.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
