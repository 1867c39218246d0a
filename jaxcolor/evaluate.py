"""Scores a model, or images that any program has colored.

    jaxcolor evaluate --data photos                           the model in the package
    jaxcolor evaluate --model runs/pix2pix                    a run, on the test images of its data
    jaxcolor evaluate --model runs/pix2pix --data photos      a run, on a folder of photographs
    jaxcolor evaluate --model model --data photos             a model folder
    jaxcolor evaluate --predictions colored --truth photos    two folders of equally named images
    jaxcolor evaluate --data photos --shard 0/8 --json s.json part 0 of 8, for one job of a cluster
    jaxcolor evaluate --merge s.*-of-8.safetensors            the table of all parts

A model is scored at the size of its training, folders at the images' own sizes. The table also has
the scores of gray, the photographs without color, as a baseline.
"""

import argparse
import pathlib
import sys
from collections.abc import Sequence

import numpy as np

from jaxcolor import cli, images, inference, listing, model_folder, models, scoring
from jaxcolor.config import InputError
from jaxcolor.data import manifest, sources
from jaxcolor.metrics import evaluation, folders, inception, report
from jaxcolor.metrics import part as parts
from jaxcolor.shard import WHOLE, Shard
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
        "MODEL/scores.json, with --data MODEL/scores_DATA.json; without --model nowhere); "
        "with --shard I/N the part is written beside it, as FILE.I-of-N.safetensors",
    )
    cli.add_shard_option(parser)
    parser.add_argument(
        "--merge",
        type=pathlib.Path,
        nargs="+",
        metavar="FILE.safetensors",
        help="join what the jobs with --shard wrote, and give the scores that one job would",
    )
    parser.add_argument(
        "--spread", action="store_true", help="also print the maximum and minimum of each score"
    )
    args = parser.parse_args()
    _check(parser, args)
    try:
        parallel.set_up()
        args.shard = None if args.shard is None else Shard.parse(args.shard)
        with listing.reported_last():
            _run(args)
    except (InputError, OSError) as error:
        sys.exit(f"error: {error}")


def _check(parser: cli.Parser, args: argparse.Namespace) -> None:
    """Ends the program if options are missing, or do not go together."""
    of_models = ("model", "data", "last", "colorfulness", "temperature")
    if args.merge:
        of_jobs = (*of_models, "predictions", "truth", "shard", "fid_dims", "fid_mode")
        if given := _given(parser, args, of_jobs):
            parser.error(f"{given}: for the jobs; --merge joins what they scored")
    if (args.predictions is None) != (args.truth is None):
        parser.error("--predictions and --truth need each other")
    if args.predictions and (given := _given(parser, args, of_models)):
        parser.error(f"{given}: for a model; --predictions are colorized already")
    if args.last and not args.model:
        parser.error("--last needs --model, the workdir of a training run")
    if not (args.merge or args.predictions or args.model or args.data):
        parser.error(
            "give --model for a run, --data alone for the model in the package, or --predictions "
            "with --truth"
        )
    if args.shard is not None and not (args.json or args.model):
        parser.error("--shard needs --json, which says where the part is written")
    if args.json and args.json.suffix != ".json":
        parser.error(
            f"--json {args.json}: must end in .json; the Markdown file beside it ends in .md"
        )


def _given(parser: cli.Parser, args: argparse.Namespace, names: Sequence[str]) -> str:
    """Lists those of some options that are given."""
    given = [name for name in names if getattr(args, name) is not parser.get_default(name)]
    return ", ".join(f"--{name}" for name in given)


def _run(args: argparse.Namespace) -> None:
    path, speed = args.json, dict[str, float]()
    if args.model and not path:
        of_folder = f"_{args.data.resolve().name}" if args.data else ""
        path = args.model / f"scores{of_folder}.json"
    if args.merge:
        part = parts.merge(args.merge)
    elif args.predictions:
        part = _score_predictions(args)
    else:
        part, speed = _score_model(args)
    if args.shard:
        path = parts.path_of(path, args.shard)
        parts.write(path, part)
        print(f"part {args.shard}: {part.num_images} images, written to {path} for --merge")
        return
    rows, missing = part.rows()
    if speed:
        rows["model"] |= speed
    facts = part.conditions()
    if path:
        report.write(path, "Scores", rows, missing, **facts)
    print(report.on_screen(rows, spread=args.spread))
    print("\n".join(report.notes(facts, missing)))
    if path:
        print(f"written to {path} and {path.with_suffix('.md')}")


def _start(args: argparse.Namespace) -> evaluation.Evaluation:
    return evaluation.Evaluation(args.fid_dims, args.fid_mode, parallel.Devices().placement)


def _score_predictions(args: argparse.Namespace) -> parts.Part:
    scores, shard = _start(args), args.shard or WHOLE
    names = folders.add(args.predictions, args.truth, scores, shard)
    return scores.part(
        facts={
            "data": str(args.truth),
            "predictions": str(args.predictions),
            "device": parallel.device_kind(),
        },
        images=sources.sha256_of_names(names),
        shard=shard,
    )


def _score_model(args: argparse.Namespace) -> tuple[parts.Part, dict[str, float]]:
    """Returns what was computed, and the model's speed, which is not measured for a shard."""
    scores, shard = _start(args), args.shard or WHOLE
    colorizer = inference.load(
        args.model, last=args.last, colorfulness=args.colorfulness, temperature=args.temperature
    )
    data, size = colorizer.config.data, models.output_size(colorizer.config)
    if args.data:
        paths = listing.find(args.data)
        source: sources.Source = sources.FileSource(paths)
        samples = _add_folder(colorizer, args.data, paths, scores, shard)
    else:
        if model_folder.is_model(args.model) and data.source != "scenes":
            raise InputError(
                f"--model {args.model}: a model folder does not say where its data lay; "
                "give --data, a folder of images"
            )
        source = sources.open_splits(data, ["test"], size)["test"]
        samples = scoring.add(colorizer, source, scores, shard)
    facts = {
        "data": str(args.data or f"test split of {data.path or data.source}"),
        "size": f"{size} × {size}",
        "checkpoint": f"{_checkpoint(args)}, sha256 {colorizer.sha256()[:8]}",
    }
    if data.color_space == "lab_bins":
        facts |= {name: str(data.bins[name]) for name in ("colorfulness", "temperature")}
    elif args.colorfulness is not None:
        facts["factor on a and b"] = str(args.colorfulness)
    part = scores.part(
        facts={**facts, "device": parallel.device_kind()},
        images=sources.sha256_of_paths(source) or f"{len(source)} images",
        replaced=sources.replaced(source),
        shard=shard,
    )
    return part, {} if args.shard else scoring.measure_speed(colorizer, samples)


def _checkpoint(args: argparse.Namespace) -> str:
    """Says which model is scored."""
    if not args.model:
        return "the model in the package"
    if model_folder.is_model(args.model):
        return "the model in the folder"
    return "last" if args.last else "best"


def _add_folder(
    colorizer: inference.Colorizer,
    folder: pathlib.Path,
    paths: Sequence[pathlib.Path],
    scores: evaluation.Evaluation,
    shard: Shard,
) -> np.ndarray:
    """Adds a colorizer's results on a folder, each file of which is decoded once."""
    own, num_threads = shard.take(paths), colorizer.config.data.num_threads

    def list_unreadable() -> None:
        sources.report_unreadable(images.damaged(own, num_threads), own)

    if manifest.unreadable(folder, own, num_threads):
        list_unreadable()  # The other files may be damaged after their headers.
    try:
        return scoring.add(colorizer, sources.FileSource(paths), scores, shard)
    except InputError:  # It names the first file alone.
        list_unreadable()
        raise


if __name__ == "__main__":
    main()
