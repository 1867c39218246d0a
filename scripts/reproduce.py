r"""Trains and scores the experiments of the reports under one protocol, and shows them together.

    python scripts/reproduce.py --data photos --experiments all --workdir runs/reproduction

Every experiment of `configs/reports/` is trained on the same images of a folder, at the same size
and with the same budget, and is scored on the same test images; those that this makes equal are
trained once. With `--other_data` they are scored on a folder of photographs of other sources as
well, and so is the model in the package. `results.md`, `results.json` and `index.html`, one page
with scores, curves and pictures, are written after each of them; below the table they say what each
experiment chose where its report is silent, and where it differs from its report. The same command
resumes after an interruption. Fields of single experiments, or of all, can be changed:

    --set all.generator.num_filters=16 --set A2.objective.content_backbone=inception_v3_fid \
    --set W1.data.num_train_images=5000 --set all.data.num_test_images=100
"""

import argparse
import datetime
import pathlib
import sys
import traceback
from typing import Any

import jax
import numpy as np
from ml_collections import ConfigDict
from reproduction import experiment, page, points, protocol, published
from reproduction.rows import Row, make_row

from jaxcolor import cli, listing, memory, models
from jaxcolor import config as config_lib
from jaxcolor.config import InputError
from jaxcolor.data import sources, transforms
from jaxcolor.metrics import evaluation, inception, report
from jaxcolor.training import parallel

_PICTURES = 6
# By these no result changes, and another machine has others.
_WITHOUT_EFFECT = ("data.num_threads", "data.cache")


def main() -> None:
    """Runs the chosen experiments one after the other."""
    parser = cli.Parser(__doc__)
    parser.add_argument("--data", type=pathlib.Path, required=True, help="folder of photographs")
    parser.add_argument(
        "--other_data", type=pathlib.Path, help="folder of photographs to score on as well"
    )
    parser.add_argument(
        "--pictures",
        type=pathlib.Path,
        help="folder of photographs that the page shows (default: six of the test images)",
    )
    parser.add_argument("--experiments", default="all", help="all, or names such as A1,A5")
    parser.add_argument("--workdir", type=pathlib.Path, default=pathlib.Path("runs/reproduction"))
    parser.add_argument(
        "--budget_images",
        type=int,
        default=0,
        help="training images per experiment, of which a WGAN's critic has its own besides "
        "(default: its own epochs)",
    )
    parser.add_argument(
        "--budget_of",
        action="append",
        default=[],
        metavar="EXPERIMENT=IMAGES",
        help="the same of one experiment, such as a slow one",
    )
    parser.add_argument("--image_size", type=int, default=256, help="height and width (256)")
    parser.add_argument(
        "--fid_dims",
        type=int,
        nargs="+",
        default=[2048, 64],
        help="any of 64, 192, 768, 2048 (2048 64)",
    )
    parser.add_argument("--fid_mode", default="pytorch_fid", choices=inception.MODES)
    parser.add_argument("--set", action="append", default=[], metavar="EXPERIMENT.FIELD=VALUE")
    args = parser.parse_args()
    memory.keep_freed()
    parallel.set_up()
    try:
        reproduce(args)
    except InputError as error:
        sys.exit(f"error: {error}")


def reproduce(args: argparse.Namespace) -> None:
    """Runs the experiments and writes the results after each."""
    names, changes = protocol.choose(args.experiments), protocol.parse_changes(args.set)
    budgets = protocol.parse_budgets(args.budget_of)
    shared = config_lib.get_config()
    protocol.apply(shared, args, changes)
    opened = sources.open_splits(shared.data, ["train", "test"], args.image_size)
    num_images, test = len(opened["train"]), opened["test"]
    configs = {name: protocol.configure(name, args, changes, num_images) for name in names}
    if args.pictures:
        shown = sources.FileSource(listing.find(args.pictures))
        places = np.arange(len(shown))
    else:
        shown = test
        places = np.linspace(0, len(test) - 1, min(_PICTURES, len(test))).round().astype(int)
    photos = np.stack(
        [transforms.fit(shown[i], args.image_size, shared.data.resize) for i in places]
    )
    facts = {
        "data": f"{args.data}: {num_images:,} images to train, {len(test):,} to test",
        "size": f"{args.image_size} × {args.image_size}",
        "budget": f"{args.budget_images:,} images each" if args.budget_images else "each its own",
        "changed": ", ".join(f"{k}={v}" for k, v in changes.get("all", {}).items()) or "nothing",
        "scored": "the end of each training",
        "device": parallel.device_kind(),
        "versions": f"JAX {jax.__version__}",
        "date": datetime.date.today().isoformat(),
    }
    other = listing.find(args.other_data) if args.other_data else []
    if other:
        facts["other data"] = str(args.other_data)
    scores = evaluation.Evaluation(args.fid_dims, args.fid_mode)
    scoring = scores.facts() | report.reasons(scores.missing)
    same_for_all = {
        "test": protocol.hash_files(test.paths),
        "other": protocol.hash_files(other),
        "fid_dims": args.fid_dims,
        "scoring": scoring,
    }

    def fields(config: ConfigDict) -> dict[str, Any]:
        found = config_lib.flatten(config)
        return {field: found[field] for field in found if field not in _WITHOUT_EFFECT}

    conditions = {
        name: {"config": fields(config)} | same_for_all for name, config in configs.items()
    }
    results = {
        name: experiment.read_result(args.workdir / name, conditions[name]) for name in names
    }
    same = protocol.first_equal(configs)

    def row(name: str, error: str = "") -> Row:
        return make_row(
            name,
            configs[name],
            changes.get(name, {}),
            budgets.get(name, 0),
            num_images,
            args.workdir / same[name],
            results[same[name]],
            photos,
            error,
        )

    rows = {name: row(name) for name in names}
    package = experiment.score_package(args, same_for_all, other).scores if other else None
    for name, config in configs.items():
        print(f"{name}: {rows[name].title}", flush=True)
        error = rows[same[name]].error
        try:
            if same[name] == name:
                results[name] = results[name] or experiment.run(
                    name, config, args, conditions[name], other
                )
        except Exception as problem:
            error = f"{name}: {problem}"
            if not isinstance(problem, InputError | FloatingPointError):
                traceback.print_exc()
            print(f"error: {error}", flush=True)
        rows[name] = row(name, error)
        # The gray baseline is that of the common size, if any experiment was scored at it.
        scored = [name for name in names if results[name]]
        scored.sort(key=lambda name: models.output_size(configs[name]) != args.image_size)
        first = results[scored[0]] if scored else None
        write(args.workdir, facts, first, photos, list(rows.values()), package)
    print(f"written to {args.workdir / 'index.html'}, results.md and results.json")


def write(
    workdir: pathlib.Path,
    facts: dict[str, str],
    first: experiment.Result | None,
    photos: np.ndarray,
    rows: list[Row],
    package: dict[str, Any] | None,
) -> None:
    """Writes the results so far as JSON, as Markdown and as a page.

    `first` is the result whose gray and true images stand for all.
    """
    gray, true = {}, {}
    if first:
        gray, true = first.scores["gray"], first.scores.get("truth", {})
        facts = facts | first.facts
    scored = {"gray": gray, "truth": true} | {row.id: row.scores for row in rows if row.scores}
    scored |= {f"{row.id}, training images": s for row in rows if (s := row.train_scores)}
    if package:
        other = {"gray": package["other gray"], "package": package["other"]}
        other |= {row.id: row.other_scores for row in rows if row.other_scores}
        scored |= {f"{name}, other data": scores for name, scores in other.items()}
    extra = {f"no {row.id}": row.error for row in rows if row.error}
    report.write(
        workdir / "results.json",
        "Reproduction",
        {name: scores for name, scores in scored.items() if scores},
        below=points.markdown({row.id: (row.summary, row.points) for row in rows}),
        **facts,
        **extra,
    )
    page.write(
        workdir / "index.html",
        title="Five reports on image colorization, under one protocol",
        facts=facts,
        gray=gray,
        true=true,
        truth=photos,
        grayed=np.asarray(transforms.without_color(photos)),
        rows=rows,
        tables=published.TABLES,
        package=package,
    )


if __name__ == "__main__":
    main()
