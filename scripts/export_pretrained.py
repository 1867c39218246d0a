"""Writes a trained generator as the model in the package, and compares both.

    python scripts/export_pretrained.py --model runs/flagship --output jaxcolor/pretrained

The file holds what coloring needs alone, in float16: of a run with a moving average, the average.
The card of the model is written by hand, and stays as it is.
Photographs, or drawn scenes if none are given, are colored with the run's weights and with the
file's.
"""

import pathlib
import sys
from collections.abc import Sequence

import jax
import numpy as np

from jaxcolor import cli, images, model_folder
from jaxcolor.config import InputError
from jaxcolor.data import scenes
from jaxcolor.inference import Colorizer, with_bins
from jaxcolor.metrics import pixel
from jaxcolor.training import parallel, trained

# Every installation downloads the weights.
MAX_BYTES = 16_000_000

_NUM_SCENES = 16
_SCENE_SIZE = 256  # pixels


def export(
    checkpoint: pathlib.Path, folder: pathlib.Path, *, last: bool, **options: float | None
) -> Colorizer:
    """Writes a trained generator and prints its size.

    Args:
        checkpoint: workdir of a run, or model folder.
        folder: to write to.
        last: take the last checkpoint instead of the best.
        **options: `colorfulness` and `temperature` that the model has by default; None keeps the
            run's own.

    Returns:
        The run's own colorizer, in float32.

    Raises:
        InputError: there is no checkpoint, it is damaged or of another model, or its generator
            cannot be written (`jaxcolor.model_folder.save`), needs more than its own variables, or
            is too large.
    """
    config, generator, variables = trained.load_generator(checkpoint, last=last)
    if generator.frozen:
        raise InputError(
            f"--model {checkpoint}: config.generator.name={config.generator.name!r} needs the "
            f"frozen networks {', '.join(generator.frozen)}, which the file does not hold; take "
            "another generator"
        )
    count = sum(leaf.size for leaf in jax.tree.leaves(variables))
    if (size := count * np.dtype(np.float16).itemsize) > MAX_BYTES:
        raise InputError(
            f"--model {checkpoint}: takes {size / 1e6:.1f} MB in float16; at most "
            f"{MAX_BYTES / 1e6:.0f} MB go into the package, so take a smaller generator"
        )
    config = with_bins(config, **options)
    exact = Colorizer(config, variables, generator=generator)
    model_folder.save(folder, config, variables, np.float16)
    path = folder / model_folder.WEIGHTS_FILE
    print(f"{path}: {count:,} parameters, {path.stat().st_size / 1e6:.2f} MB")
    return exact


def compare(exact: Colorizer, rounded: Colorizer, photos: Sequence[np.ndarray]) -> None:
    """Prints how far the colors of two colorizers differ on photographs `[H, W, 3]` uint8."""
    largest, psnr = 0, np.inf
    for rgb in photos:
        ours, theirs = exact(rgb), rounded(rgb)
        largest = max(largest, int(np.abs(ours.astype(int) - theirs).max()))
        psnr = min(psnr, float(pixel.psnr(ours[None] / 255, theirs[None] / 255)[0]))
    print(
        f"float16 against float32 on {len(photos)} images: largest difference {largest} of 255, "
        f"lowest PSNR {psnr:.1f} dB"
    )


def main() -> None:
    """Exports and compares."""
    parser = cli.Parser(__doc__)
    parser.add_argument("photos", nargs="*", type=pathlib.Path, help="to compare the colors of")
    cli.add_model_option(parser, required=True)
    parser.add_argument(
        "--last", action="store_true", help="the run's last checkpoint instead of the best"
    )
    parser.add_argument("--output", required=True, type=pathlib.Path, help="folder to write to")
    cli.add_color_options(parser)
    args = parser.parse_args()
    parallel.set_up()
    try:
        photos = [images.read(path) for path in args.photos] or [
            scenes.render(0, index, _SCENE_SIZE) for index in range(_NUM_SCENES)
        ]
        exact = export(
            args.model,
            args.output,
            last=args.last,
            colorfulness=args.colorfulness,
            temperature=args.temperature,
        )
        compare(exact, Colorizer.from_checkpoint(args.output), photos)
    except (InputError, OSError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
