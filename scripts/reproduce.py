r"""Trains and scores the experiments of the reports under one protocol, and shows them together.

    python scripts/reproduce.py --data photos --experiments all --workdir runs/reproduction

Every experiment of `configs/reports/` learns from the same training images of a folder, at the same
size and with the same budget, and is scored on the same test images. `results.md`, `results.json`
and `index.html`, one page with scores, curves and pictures, are written after each of them. The
same command goes on where it was stopped. Fields of single experiments, or of all, can be changed:

    --set all.generator.num_filters=16 --set A2.objective.content_backbone=inception_v3_fid
"""

import argparse
import ast
import datetime
import importlib.util
import json
import math
import pathlib
import sys
import traceback
from typing import Any, NamedTuple

import jax
import numpy as np
from ml_collections import ConfigDict

from jaxcolor import config as config_lib
from jaxcolor import images, inference, objectives
from jaxcolor.config import InputError
from jaxcolor.data import sources, transforms
from jaxcolor.metrics import evaluation, inception, report
from jaxcolor.training import loop, parallel, summary

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import reproduction_page

CONFIGS = pathlib.Path(__file__).parent.parent / "configs" / "reports"
_PICTURES = 6
_CURVES = ("PSNR", "SSIM", "epsilon_accuracy")


class Published(NamedTuple):
    """What a report says of an experiment.

    Attributes:
        title: what it is.
        scores: as printed there, on other data.
    """

    title: str
    scores: dict[str, str]


def _scores(names: str, values: str) -> dict[str, str]:
    return dict(zip(names.split(", "), values.split(", "), strict=True))


_W = "FID, IS, PSNR, SSIM, MAE 0–1"
_O = "FID, PSNR, SSIM, IS"
_S = "PSNR, SSIM"
_A = "FID, ε-acc., MAE 0–255, PSNR, FPS"
_B = "SSIM, PSNR"
EXPERIMENTS = {
    "W1": Published("pix2pix, RGB", _scores(_W, "89.98, 10.88, 16.47, 0.72, 0.12")),
    "W2": Published("W1 + LPIPS", _scores(_W, "85.92, 10.99, 16.37, 0.70, 0.12")),
    "W3": Published("WGAN-GP, RGB", _scores(_W, "109.80, 10.32, 15.07, 0.66, 0.14")),
    "O1": Published("vanilla GAN", _scores(_O, "0.038, 21.31, 0.8664, 12.66")),
    "O2": Published("WGAN, clipping", _scores(_O, "0.086, 17.58, 0.7385, 12.386")),
    "S1": Published("U-Net", {}),
    "S2": Published("ResNet-18 Dynamic U-Net, pretrained", _scores(_S, "27.70, 0.53")),
    "S3": Published("attention U-Net", _scores(_S, "24.67, 0.56")),
    "S4": Published("WGAN-GP", _scores(_S, "18.79, 0.01")),
    "S5": Published("WGAN, clipping", _scores(_S, "21.56, 0.07")),
    "S6": Published("CycleGAN", _scores(_S, "6.03, −0.01")),
    "A1": Published("U-Net", _scores(_A, "32.29, 31.97 %, 15.14, 21.72, 28")),
    "A2": Published("content loss", _scores(_A, "35.66, 31.13 %, 15.74, 21.36, 28")),
    "A3": Published("L1 + content loss", _scores(_A, "29.50, 35.39 %, 14.43, 22.15, 28")),
    "A4": Published(
        "residual network, no downsampling", _scores(_A, "42.26, 32.58 %, 16.42, 21.01, 17")
    ),
    "A5": Published("residual U-Net", _scores(_A, "29.43, 32.92 %, 15.56, 21.55, 23")),
    "A6": Published("A5, doubled in size, RGB", _scores(_A, "70.73, 5.57 %, 24.21, 18.33, 21")),
    "A7": Published(
        "ResNet-18 Dynamic U-Net, pretrained", _scores(_A, "31.69, 47.18 %, 11.50, 24.19, 28")
    ),
    "B1": Published("Inception fusion GAN", _scores(_B, "0.95026, 21.4709")),
    "B2": Published("B1 without pretraining", _scores(_B, "0.89217, 17.6496")),
    "B3": Published("B1 without class maps", _scores(_B, "0.92358, 19.9012")),
    "B4": Published("B1 without embedding", _scores(_B, "0.93829, 19.3556")),
    "B5": Published("Deep Koalarization", _scores(_B, "0.90014, 19.0556")),
}


def choose(text: str) -> list[str]:
    """Reads a list of experiments.

    Args:
        text: "all", or names with commas between them.

    Raises:
        InputError: a name is unknown.
    """
    chosen = list(EXPERIMENTS) if text == "all" else [name.upper() for name in text.split(",")]
    if unknown := [name for name in chosen if name not in EXPERIMENTS]:
        raise InputError(
            f"--experiments {text}: there is no {', '.join(unknown)}; there are all, "
            f"{', '.join(EXPERIMENTS)}"
        )
    return [name for name in EXPERIMENTS if name in chosen]


def parse_changes(texts: list[str]) -> dict[str, dict[str, Any]]:
    """Reads `EXPERIMENT.FIELD=VALUE`.

    Returns:
        For "all" and single experiments, fields and their values.

    Raises:
        InputError: no such experiment or field.
    """
    changes: dict[str, dict[str, Any]] = {}
    for text in texts:
        field, equals, value = text.partition("=")
        name, _, field = field.partition(".")
        if not equals or (name != "all" and name.upper() not in EXPERIMENTS):
            raise InputError(f"--set {text}: must be EXPERIMENT.FIELD=VALUE, or all.FIELD=VALUE")
        config_lib.check_overrides([f"--config.{field}={value}"])
        try:
            parsed = ast.literal_eval(value)
        except (ValueError, SyntaxError):
            parsed = value
        changes.setdefault(name if name == "all" else name.upper(), {})[field] = parsed
    return changes


def configure(
    name: str, args: argparse.Namespace, changes: dict[str, dict[str, Any]], num_images: int
) -> ConfigDict:
    """Makes the configuration of an experiment under the protocol.

    Args:
        name: of the experiment.
        args: of the command line.
        changes: as from `parse_changes`.
        num_images: to train on.

    Raises:
        InputError: a value of the wrong kind.
    """
    spec = importlib.util.spec_from_file_location(name, CONFIGS / f"{name.lower()}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    config = module.get_config()
    apply_protocol(config, args)
    try:
        for group in ("all", name):
            config.update_from_flattened_dict(changes.get(group, {}))
    except TypeError as error:
        raise InputError(f"--set: {error}") from error
    if config.init_from:
        config.init_from = str(args.workdir / pathlib.Path(config.init_from).name.upper())
    per_step = objectives.examples_per_step(config)
    train = config.train
    epochs = train.num_epochs + train.pretrain_epochs
    budget = args.budget_images or epochs * num_images
    steps = max(1, math.ceil(budget / per_step))
    train.pretrain_steps = round(steps * train.pretrain_epochs / epochs)
    train.num_steps = max(1, steps - train.pretrain_steps)
    train.eval_every = train.checkpoint_every = max(1, math.ceil(steps / 4))
    train.log_every = max(1, math.ceil(steps / 20))
    return config


def apply_protocol(config: ConfigDict, args: argparse.Namespace) -> None:
    """Sets what all experiments share: the images, their splits, and their size."""
    shared = config_lib.get_config().data
    for field in ("validation_fraction", "test_fraction", "split_file"):
        config.data[field] = shared[field]
    config.data.source, config.data.path = "folder", str(args.data)
    config.data.image_size = args.image_size


def run(
    name: str, config: ConfigDict, args: argparse.Namespace, photos: np.ndarray
) -> tuple[dict[str, Any], dict[str, str], np.ndarray]:
    """Trains an experiment, or goes on with it, and scores it unless it has been scored.

    Args:
        name: of the experiment.
        config: of it.
        args: of the command line.
        photos: `[P, S, S, 3]` uint8, to be colorized for the page.

    Returns:
        The rows of its evaluation, the facts about them, and the photos in its colours.
    """
    workdir = args.workdir / name
    state = loop.train_and_evaluate(config, workdir)
    if int(state.step) < config.train.pretrain_steps + config.train.num_steps:
        sys.exit(f"stopped; {name} goes on from step {state.step} by the same command")
    colorizer = inference.Colorizer.from_checkpoint(workdir)
    scale = config.data.target_scale
    large = np.stack([images.resize(p, scale * len(p), scale * len(p)) for p in photos])
    pictures = colorizer.predict(large)
    cache = workdir / "result.json"
    protocol = {"steps": int(state.step), "fid": [args.fid_dims, args.fid_mode]}
    if cache.exists() and (result := json.loads(cache.read_text()))["protocol"] == protocol:
        return result["rows"], result["facts"], pictures
    scores = evaluation.Evaluation(args.fid_dims, args.fid_mode)
    test = sources.open_splits(config.data, ["test"])["test"]
    rows, facts = inference.evaluate(colorizer, test, scores), scores.facts()
    cache.write_text(json.dumps({"protocol": protocol, "rows": rows, "facts": facts}))
    return rows, facts, pictures


def describe(name: str, config: ConfigDict, changes: dict[str, dict[str, Any]]) -> str:
    """Says what an experiment is, with what was changed about it alone."""
    notes = [f"{field}={value}" for field, value in changes.get(name, {}).items()]
    if config.data.target_scale > 1:
        size = config.data.image_size * config.data.target_scale
        notes.append(f"scored at {size} × {size}; smaller images are scaled up")
    return "; ".join([EXPERIMENTS[name].title, *notes])


def main() -> None:
    """Runs the chosen experiments one after the other."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=pathlib.Path, required=True, help="folder of photographs")
    parser.add_argument("--experiments", default="all", help="all, or names such as A1,A5")
    parser.add_argument("--workdir", type=pathlib.Path, default=pathlib.Path("runs/reproduction"))
    parser.add_argument(
        "--budget-images", type=int, default=0, help="that each experiment sees (its own epochs)"
    )
    parser.add_argument("--image-size", type=int, default=256, help="pixels each way (256)")
    parser.add_argument("--fid_dims", type=int, default=2048, help="64, 192, 768 or 2048 (2048)")
    parser.add_argument("--fid_mode", default="pytorch_fid", choices=inception.MODES)
    parser.add_argument("--set", action="append", default=[], metavar="EXPERIMENT.FIELD=VALUE")
    args = parser.parse_args()
    parallel.set_up()
    try:
        reproduce(args)
    except InputError as error:
        sys.exit(f"error: {error}")


def reproduce(args: argparse.Namespace) -> None:
    """Runs the experiments and writes the results after each."""
    names, changes = choose(args.experiments), parse_changes(args.set)
    protocol = config_lib.get_config()
    apply_protocol(protocol, args)
    opened = sources.open_splits(protocol.data, ["train", "test"])
    num_images, test = len(opened["train"]), opened["test"]
    configs = {name: configure(name, args, changes, num_images) for name in names}
    places = np.linspace(0, len(test) - 1, min(_PICTURES, len(test))).round().astype(int)
    photos = np.stack([transforms.fit(test[i], args.image_size, "stretch") for i in places])
    facts = {
        "data": f"{args.data}: {num_images:,} images to train, {len(test):,} to test",
        "size": f"{args.image_size} × {args.image_size}",
        "budget": f"{args.budget_images:,} images each" if args.budget_images else "each its own",
        "changed": ", ".join(f"{k}={v}" for k, v in changes.get("all", {}).items()) or "nothing",
        "device": parallel.device_kind(),
        "versions": f"JAX {jax.__version__}",
        "date": datetime.date.today().isoformat(),
    }
    rows: list[reproduction_page.Row] = []
    gray: dict[str, Any] = {}
    for name, config in configs.items():
        print(f"{name}: {describe(name, config, changes)}", flush=True)
        scores, error, pictures = None, "", None
        try:
            found, score_facts, pictures = run(name, config, args, photos)
            scores = found["model"]
            if config.data.target_scale == 1 or not gray:
                gray = found["gray"]
            facts |= score_facts
        except Exception as problem:
            error = f"{name}: {problem}"
            if not isinstance(problem, InputError | FloatingPointError):
                traceback.print_exc()
            print(f"error: {error}", flush=True)
        curves = summary.read_scalars(args.workdir / name)
        validation = {
            name: curves[f"validation/{name}"] for name in _CURVES if f"validation/{name}" in curves
        }
        losses = {k: v for k, v in curves.items() if "/" not in k and k != "images_per_second"}
        rows.append(
            reproduction_page.Row(
                name,
                describe(name, config, changes),
                EXPERIMENTS[name].scores,
                scores,
                error,
                losses,
                validation,
                pictures,
            )
        )
        write(args.workdir, facts, gray, photos, rows)
    print(f"written to {args.workdir / 'index.html'}, results.md and results.json")


def write(
    workdir: pathlib.Path,
    facts: dict[str, str],
    gray: dict[str, Any],
    photos: np.ndarray,
    rows: list[reproduction_page.Row],
) -> None:
    """Writes what is known so far as JSON, as Markdown and as a page."""
    scored = {"gray": gray} | {row.id: row.scores for row in rows if row.scores}
    extra = {f"no {row.id}": row.error for row in rows if row.error}
    report.write(workdir / "results.json", "Reproduction", scored, **facts, **extra)
    reproduction_page.write(
        workdir / "index.html",
        title="Five reports on image colorization, under one protocol",
        facts=facts,
        gray=gray,
        truth=photos,
        grayed=np.asarray(transforms.to_gray(photos)),
        rows=rows,
    )


if __name__ == "__main__":
    main()
