"""Colors photographs and films.

    jaxcolor colorize photo.jpg                    writes photo.color.jpg beside photo.jpg
    jaxcolor colorize photo.jpg --output new.png
    jaxcolor colorize album --output colorized     all in a folder and its subfolders
    jaxcolor colorize photo.jpg --model runs/mine  with a model of your own
    jaxcolor colorize photo.jpg --hint 120,80,#b03020
    jaxcolor colorize film.mp4                     needs pip install "jaxcolor[video]"
    jaxcolor colorize - < photo.jpg > new.jpg      through a pipe

Only the lightness of the input is used. A photograph keeps its format, size, lightness, depth,
transparency and metadata; its colors are written as sRGB. A film keeps its luma, sound and times;
if the command is stopped, the same command resumes it. Files that cannot be colored do not stop the
others: they are listed at the end with the reason, and the exit status is 1.
"""

import argparse
import glob
import io
import os
import pathlib
import signal
import sys
import time

from jaxcolor import cli, file_batch, files, image_writing, inference, listing, photographs
from jaxcolor.config import InputError
from jaxcolor.hints import Hint
from jaxcolor.shard import WHOLE, Shard
from jaxcolor.training import parallel

_STREAM = pathlib.Path("-")


def main() -> None:
    """Colors all inputs."""
    parser = cli.Parser(__doc__, "jaxcolor colorize")
    parser.add_argument(
        "inputs",
        nargs="+",
        type=pathlib.Path,
        help="photographs, films, folders, and patterns such as 'scans/*.tif'; - reads a pipe",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=pathlib.Path,
        help="folder to write to; for a single input also a file (default: beside each input)",
    )
    cli.add_model_option(parser, "--checkpoint")
    parser.add_argument(
        "--last", action="store_true", help="use the run's last checkpoint, not its best one"
    )
    cli.add_color_options(parser)
    parser.add_argument(
        "--hint",
        action="append",
        default=[],
        metavar="X,Y,#RRGGBB",
        help="color of a pixel of a single photograph, which spreads over what belongs to it; may "
        "be repeated",
    )
    parser.add_argument(
        "--reference", type=pathlib.Path, help="image whose palette the photographs take"
    )
    parser.add_argument(
        "--size",
        type=int,
        metavar="PIXELS",
        help="height and width of the network's input (default: those of its training); results "
        "keep the photograph's size",
    )
    parser.add_argument(
        "--no_keep_lightness",
        action="store_false",
        dest="keep_lightness",
        help="write the network's own lightness, scaled up, not the photograph's",
    )
    parser.add_argument(
        "--side_by_side",
        action="store_true",
        help="write the gray photograph and, to its right, the colored one; not for films",
    )
    parser.add_argument(
        "--skip_existing", action="store_true", help="leave out inputs whose results exist"
    )
    cli.add_shard_option(parser)
    parser.add_argument(
        "--format",
        help="file format of the results, such as png (default: the input's); not for films",
    )
    parser.add_argument(
        "--quality",
        type=int,
        help="of JPEG, WebP and AVIF, 1 to 100 (default: 95); not for films",
    )
    parser.add_argument(
        "--max_megapixels",
        type=float,
        default=179,
        help="larger photographs are refused (default: 179)",
    )
    parser.add_argument(
        "--cache",
        type=pathlib.Path,
        metavar="FOLDER",
        help="folder of compiled programs, so that later runs start faster (default: the one that "
        f"the environment variable {files.CACHE} names, or ~/.cache/jaxcolor)",
    )
    args = parser.parse_args()
    _check(parser, args)
    if args.cache:
        os.environ[files.CACHE] = str(args.cache)
    photographs.limit_pixels(args.max_megapixels)
    try:
        parallel.set_up()
        args.hint = [Hint.parse(text) for text in args.hint]
        args.shard = None if args.shard is None else Shard.parse(args.shard)
        inputs = _expand(args.inputs)
        colorizer = inference.load(
            args.model,
            last=args.last,
            keep_lightness=args.keep_lightness,
            colorfulness=args.colorfulness,
            temperature=args.temperature,
            size=args.size,
        )
        if args.reference:
            args.reference = colorizer.palette(args.reference)
        if _STREAM in inputs:
            _colorize_stream(colorizer, args)
        else:
            _colorize_files(colorizer, inputs, args)
    except (InputError, OSError) as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        sys.exit(128 + signal.SIGINT)


def _check(parser: cli.Parser, args: argparse.Namespace) -> None:
    """Ends the program if options are out of range, or do not go together."""
    if args.last and not args.model:
        parser.error("--last needs --model, the workdir of a run")
    if args.format:
        args.format = args.format.removeprefix(".").lower()
        if f".{args.format}" not in listing.SUFFIXES:
            parser.error(f"--format {args.format}: no image format has this extension")
    cli.check_positive(parser, args, "max_megapixels")
    if args.cache and args.cache.exists() and not args.cache.is_dir():
        parser.error(f"--cache {args.cache}: is a file; name a folder")
    if args.quality is not None and not 1 <= args.quality <= 100:
        parser.error(f"--quality {args.quality}: must be 1 to 100")
    if _STREAM in args.inputs and (len(args.inputs) > 1 or args.output not in (None, _STREAM)):
        parser.error("-: one image from a pipe goes to a pipe; give no other input or output")
    if _STREAM in args.inputs and args.shard:
        parser.error("--shard: is for files and folders, not for a pipe")
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
    outcome = file_batch.colorize_files(
        colorizer, inputs, output, args.hint, args.reference, args.shard or WHOLE
    )
    listing.report(outcome.passed_over)
    skipped = f", {outcome.num_skipped} there already" if outcome.num_skipped else ""
    failed = f", {len(outcome.problems)} failed" if outcome.problems else ""
    seconds = time.perf_counter() - start
    where = f"to {output.path}" if output.path else 'beside the inputs, named ".color"'
    written = f"; written {where}" if outcome.num_colored else ""
    part = f"part {args.shard}: " if args.shard else ""
    print(f"{part}{outcome.num_colored} colored{skipped}{failed} in {seconds:.1f} s{written}")
    if outcome.problems:
        sys.exit("\n".join(f"error: {problem}" for problem in outcome.problems))


if __name__ == "__main__":
    main()
