"""Colors photographs and films, with the model in the package, of a run or of a folder.

    jaxcolor colorize old.jpg
    jaxcolor colorize old.jpg album/ --output colorized
    jaxcolor colorize old.jpg --model runs/pix2pix --output new.png
    jaxcolor colorize old.jpg --hint 120,80,#b03020 --reference similar.jpg
    jaxcolor colorize film.mp4
    curl ... | jaxcolor colorize - > new.jpg

The first writes old.color.jpg beside old.jpg. Every image keeps its name, format, size,
orientation, lightness, depth, transparency and metadata; its colors are converted to sRGB. Folders
are searched recursively for images. Of a film, luma, sound and times are kept; it is resumed after
a kill. What cannot be colorized is listed in the end, with the reason, and makes the exit status 1;
all else is colorized.
"""

import argparse
import glob
import io
import pathlib
import sys
import time

from jaxcolor import cli, file_batch, image_writing, inference, listing, photographs, reference
from jaxcolor.config import InputError
from jaxcolor.hints import Hint
from jaxcolor.training import parallel

_STREAM = pathlib.Path("-")


def main() -> None:
    """Colors all inputs."""
    parser = cli.Parser(__doc__, "jaxcolor colorize")
    parser.add_argument(
        "inputs",
        nargs="+",
        type=pathlib.Path,
        help="images, films, folders of images and patterns such as 'scans/*.tif'; - is a pipe",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=pathlib.Path,
        help="folder to write to, or a file for a single one; - is a pipe (default: beside inputs)",
    )
    parser.add_argument(
        "--model",
        "--checkpoint",
        dest="model",
        type=pathlib.Path,
        help="model folder, or workdir of a run (default: the model in the package)",
    )
    parser.add_argument(
        "--last", action="store_true", help="the run's last checkpoint instead of the best"
    )
    cli.add_color_options(parser)
    parser.add_argument(
        "--hint",
        action="append",
        default=[],
        metavar="X,Y,#RRGGBB",
        help="color of a pixel of a single photograph, and of what belongs to it; may be repeated",
    )
    parser.add_argument(
        "--reference", type=pathlib.Path, help="image whose palette the photographs take"
    )
    parser.add_argument(
        "--size", type=int, help="pixels of the network's input (default: as it was trained)"
    )
    parser.add_argument(
        "--no_keep_lightness",
        action="store_false",
        dest="keep_lightness",
        help="write the network's output, scaled to the image's size, with its own lightness",
    )
    parser.add_argument("--side_by_side", action="store_true", help="write the gray image as well")
    parser.add_argument(
        "--skip_existing", action="store_true", help="leave images that are colored already"
    )
    parser.add_argument("--format", help="extension of the results, such as png")
    parser.add_argument(
        "--quality", type=int, help="of JPEG, WebP and AVIF, 1 to 100 (default: 95)"
    )
    parser.add_argument(
        "--max_megapixels",
        type=float,
        default=179,
        help="size above which a photograph is refused unread (default: 179)",
    )
    args = parser.parse_args()
    _check(parser, args)
    photographs.limit_pixels(args.max_megapixels)
    parallel.set_up()
    try:
        args.hint = [Hint.parse(text) for text in args.hint]
        if args.reference:
            args.reference = photographs.read(args.reference).pixels
            reference.check(args.reference)
        inputs = _expand(args.inputs)
        colorizer = inference.load(
            args.model,
            last=args.last,
            keep_lightness=args.keep_lightness,
            colorfulness=args.colorfulness,
            temperature=args.temperature,
            size=args.size,
        )
        if _STREAM in inputs:
            _colorize_stream(colorizer, args)
        else:
            _colorize_files(colorizer, inputs, args)
    except (InputError, OSError) as error:
        sys.exit(f"error: {error}")


def _check(parser: cli.Parser, args: argparse.Namespace) -> None:
    """Ends the program if options are out of range, or do not go together."""
    if args.last and not args.model:
        parser.error("--last needs --model, the workdir of a run")
    if args.format:
        args.format = args.format.removeprefix(".").lower()
        if f".{args.format}" not in listing.SUFFIXES:
            parser.error(f"--format {args.format}: no image format has this extension")
    if args.quality is not None and not 1 <= args.quality <= 100:
        parser.error(f"--quality {args.quality}: must be 1 to 100")
    if _STREAM in args.inputs and (len(args.inputs) > 1 or args.output not in (None, _STREAM)):
        parser.error("-: one image from a pipe goes to a pipe; give no other input or output")
    if args.output == _STREAM and _STREAM not in args.inputs:
        parser.error("--output -: needs the input -")


def _expand(inputs: list[pathlib.Path]) -> list[pathlib.Path]:
    """Replaces patterns, which some shells leave to the program, by the paths that match."""
    expanded: list[pathlib.Path] = []
    for path in inputs:
        matches = [] if path.exists() else sorted(glob.glob(str(path), recursive=True))
        expanded += map(pathlib.Path, matches) if matches else [path]
    return expanded


def _colorize_stream(colorizer: inference.Colorizer, args: argparse.Namespace) -> None:
    photograph = photographs.decode(io.BytesIO(sys.stdin.buffer.read()))
    file_batch.colorize_photograph(
        colorizer, photograph, args.hint, args.reference, side_by_side=args.side_by_side
    )
    if args.format:
        photograph.format = image_writing.format_of(f".{args.format}")
    sys.stdout.buffer.write(photographs.encode(photograph, args.quality))
    for note in photograph.notes:
        print(note, file=sys.stderr)


def _colorize_files(
    colorizer: inference.Colorizer, inputs: list[pathlib.Path], args: argparse.Namespace
) -> None:
    start = time.perf_counter()
    output = file_batch.Output(
        args.output, args.format or "", args.quality, args.side_by_side, args.skip_existing
    )
    outcome = file_batch.colorize_files(colorizer, inputs, output, args.hint, args.reference)
    listing.report(outcome.passed_over)
    skipped = f", {outcome.num_skipped} there already" if outcome.num_skipped else ""
    failed = f", {len(outcome.problems)} failed" if outcome.problems else ""
    seconds = time.perf_counter() - start
    print(f"{outcome.num_colored} colored{skipped}{failed} in {seconds:.1f} s")
    if outcome.problems:
        sys.exit("\n".join(f"error: {problem}" for problem in outcome.problems))


if __name__ == "__main__":
    main()
