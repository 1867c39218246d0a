"""Scores a model, or images that any program has colored.

    jaxcolor evaluate --data photos                           the model in the package
    jaxcolor evaluate --model runs/pix2pix                    a run, on the test images of its data
    jaxcolor evaluate --model runs/pix2pix --data photos      a run, on a folder of photographs
    jaxcolor evaluate --model model --data photos             a model folder
    jaxcolor evaluate --predictions colored --truth photos    two folders of equally named images

A model is scored at the size of its training, folders at the images' own sizes. The table also has
the scores of gray, the photographs without color, as a baseline.
"""

import argparse
import pathlib
import sys
from typing import Any

from jaxcolor import cli, images, inference, listing, model_folder, models, scoring
from jaxcolor.config import InputError
from jaxcolor.data import manifest, sources
from jaxcolor.metrics import evaluation, folders, inception, report
from jaxcolor.training import parallel


def main() -> None:
    """Scores, prints the table and writes it."""
    parser = cli.Parser(__doc__, "jaxcolor evaluate")
    cli.add_model_option(parser, "--workdir")
    parser.add_argument(
        "--last", action="store_true", help="use the run's last checkpoint, not its best one"
    )
    parser.add_argument("--data", type=pathlib.Path, help="folder of photographs to score on")
    cli.add_color_options(parser)
    parser.add_argument("--predictions", type=pathlib.Path, help="folder of colored images")
    parser.add_argument("--truth", type=pathlib.Path, help="folder of the true images")
    parser.add_argument(
        "--fid_dims",
        type=int,
        nargs="+",
        default=[2048],
        metavar="DIMS",
        help="features for FID and KID, one or more of 64, 192, 768 and 2048 (default: 2048)",
    )
    parser.add_argument(
        "--fid_mode",
        default="pytorch_fid",
        choices=inception.MODES,
        help="resize images for FID as pytorch-fid or as clean-fid does (default: pytorch_fid)",
    )
    parser.add_argument(
        "--json",
        type=pathlib.Path,
        metavar="FILE.json",
        help="where to write the scores, as JSON and, beside it, as Markdown (default: "
        "MODEL/scores.json, with --data MODEL/scores_DATA.json; without --model nowhere)",
    )
    parser.add_argument(
        "--spread", action="store_true", help="also print the maximum and minimum of each score"
    )
    args = parser.parse_args()
    _check(parser, args)
    parallel.set_up()
    try:
        with listing.reported_last():
            _run(args)
    except (InputError, OSError) as error:
        sys.exit(f"error: {error}")


def _check(parser: cli.Parser, args: argparse.Namespace) -> None:
    """Ends the program if options are missing, or do not go together."""
    of_models = ("model", "data", "last", "colorfulness", "temperature")
    given = [
        f"--{name}" for name in of_models if getattr(args, name) is not parser.get_default(name)
    ]
    if (args.predictions is None) != (args.truth is None):
        parser.error("--predictions and --truth need each other")
    if args.predictions and given:
        parser.error(f"{', '.join(given)}: for a model; --predictions are colorized already")
    if args.last and not args.model:
        parser.error("--last needs --model, the workdir of a training run")
    if not (args.predictions or args.model or args.data):
        parser.error(
            "give --model for a run, --data alone for the model in the package, or --predictions "
            "with --truth"
        )
    if args.json and args.json.suffix != ".json":
        parser.error(
            f"--json {args.json}: must end in .json; the Markdown file beside it ends in .md"
        )


def _run(args: argparse.Namespace) -> None:
    devices = parallel.Devices()
    scores = evaluation.Evaluation(args.fid_dims, args.fid_mode, devices.placement)
    facts: dict[str, str] = {}
    path = args.json
    if args.predictions:
        rows = folders.evaluate(args.predictions, args.truth, scores)
        facts |= {"data": str(args.truth), "predictions": str(args.predictions)}
    else:
        colorizer = inference.load(
            args.model,
            last=args.last,
            colorfulness=args.colorfulness,
            temperature=args.temperature,
        )
        checkpoint = _checkpoint(args)
        data, size = colorizer.config.data, models.output_size(colorizer.config)
        if args.data:
            rows = _score_folder(colorizer, args.data, scores)
            name, default = str(args.data), f"scores_{args.data.resolve().name}.json"
        else:
            if model_folder.is_model(args.model) and data.source != "scenes":
                raise InputError(
                    f"--model {args.model}: a model folder does not say where its data lay; "
                    "give --data, a folder of images"
                )
            source = sources.open_splits(data, ["test"], size)["test"]
            rows = scoring.evaluate(colorizer, source, scores)
            if replaced := sources.count_replaced(source):
                facts["unreadable"] = f"{replaced} files, each replaced by the next one"
            name, default = f"test split of {data.path or data.source}", "scores.json"
        facts |= {"data": name, "size": f"{size} × {size}", "checkpoint": checkpoint}
        if data.color_space == "lab_bins":
            facts |= {name: str(data.bins[name]) for name in ("colorfulness", "temperature")}
        elif args.colorfulness is not None:
            facts["factor on a and b"] = str(args.colorfulness)
        if args.model:
            path = path or args.model / default
    facts |= {"device": parallel.device_kind(), **scores.facts()}
    print(report.on_screen(rows, spread=args.spread))
    print("\n".join(report.notes(facts, scores.missing)))
    if path:
        report.write(path, "Scores", rows, scores.missing, **facts)
        print(f"written to {path} and {path.with_suffix('.md')}")


def _checkpoint(args: argparse.Namespace) -> str:
    """Says which model is scored."""
    if not args.model:
        return "the model in the package"
    if model_folder.is_model(args.model):
        return "the model in the folder"
    return "last" if args.last else "best"


def _score_folder(
    colorizer: inference.Colorizer, folder: pathlib.Path, scores: evaluation.Evaluation
) -> dict[str, dict[str, Any]]:
    """Scores a colorizer on a folder, each file of which is decoded once."""
    paths = listing.find(folder)
    num_threads = colorizer.config.data.num_threads

    def list_unreadable() -> None:
        sources.report_unreadable(images.damaged(paths, num_threads), paths)

    if manifest.unreadable(folder, paths, num_threads):
        list_unreadable()  # The other files may be damaged after their headers.
    try:
        return scoring.evaluate(colorizer, sources.FileSource(paths), scores)
    except InputError:  # It names the first file alone.
        list_unreadable()
        raise


if __name__ == "__main__":
    main()
