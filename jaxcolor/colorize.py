"""Colors photographs and films, with the model in the package or with that of a run.

    python -m jaxcolor.colorize old.jpg album/ --output colorized
    python -m jaxcolor.colorize film.mp4 --output colorized
    python -m jaxcolor.colorize old.jpg album/ --checkpoint runs/pix2pix --output colorized

Every image keeps its name, format, size, orientation and lightness. Folders are searched
recursively for images. Films keep their luma, sound and times, and go on where a killed command
stopped. What cannot be colorized is listed in the end, with the reason, and makes the exit status
1; all else is colorized.
"""

import pathlib
import sys

from jaxcolor import cli, file_batch, inference
from jaxcolor.config import InputError
from jaxcolor.training import parallel


def main() -> None:
    """Colors all inputs."""
    parser = cli.Parser(__doc__, "python -m jaxcolor.colorize")
    parser.add_argument(
        "inputs", nargs="+", type=pathlib.Path, help="image files, films and folders of images"
    )
    parser.add_argument("--checkpoint", type=pathlib.Path, help="workdir of a run, for its model")
    parser.add_argument(
        "--last", action="store_true", help="the run's last checkpoint instead of the best"
    )
    parser.add_argument("--output", required=True, type=pathlib.Path, help="folder to write to")
    parser.add_argument(
        "--no_keep_lightness",
        action="store_false",
        dest="keep_lightness",
        help="write the network's output, scaled to the image's size, with its own lightness",
    )
    cli.add_color_options(parser)
    args = parser.parse_args()
    if args.last and not args.checkpoint:
        parser.error("--last needs --checkpoint, the workdir of a run")
    parallel.set_up()
    try:
        colorizer = inference.load(
            args.checkpoint,
            last=args.last,
            keep_lightness=args.keep_lightness,
            colorfulness=args.colorfulness,
            temperature=args.temperature,
        )
        problems = file_batch.colorize_files(colorizer, args.inputs, args.output)
    except (InputError, OSError) as error:
        sys.exit(f"error: {error}")
    if problems:
        sys.exit("\n".join(f"error: {problem}" for problem in problems))


if __name__ == "__main__":
    main()
