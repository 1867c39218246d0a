r"""Trains the model in the package with one part of its recipe changed at a time, and scores each.

    python scripts/ablate.py --data photos --split_file split.tsv --diverse varied \
        --workdir runs/ablation

Every line changes the base: the first stage, `configs/flagship.py`, as it was before this table
decided on its encoder's rate and on the weights of its loss. All have the same small budget, the
learning rates falling to 0. Scored are the validation images, at 128 pixels; where the output is a
distribution over colors, at two settings of colorfulness. Started again, it resumes; a line that is
finished is scored again.
"""

import pathlib
import sys
from typing import Any

from tqdm import tqdm

from jaxcolor import cli, inference, memory, models
from jaxcolor import config as config_lib
from jaxcolor.config import InputError
from jaxcolor.data import pipeline, sources
from jaxcolor.metrics import report
from jaxcolor.metrics.evaluation import Evaluation
from jaxcolor.metrics.set_scores import GRAY
from jaxcolor.training import loop, parallel

_RECIPE = pathlib.Path(__file__).parents[1] / "configs" / "flagship.py"
BASE = {"generator.encoder_rate": 0.1, "data.bins.rebalancing": 1.0}
_ON_COLORS = {"data.color_space": "lab", "objective.lambda_bins": 0.0}
_GAN = {
    "objective.name": "pix2pix",
    "objective.lambda_gan": 0.1,
    "discriminator.num_filters": 32,
    "discriminator.norm": "instance",
}
LINES: dict[str, dict[str, Any]] = {
    "base": {},
    "encoder from random weights": {"generator.pretrained": False, "generator.encoder_rate": 1.0},
    "encoder at a hundredth of the decoder's rate": {"generator.encoder_rate": 0.01},
    "encoder frozen": {"generator.encoder_rate": 0.0},
    "encoder frozen, loss without rebalancing": {
        "generator.encoder_rate": 0.0,
        "data.bins.rebalancing": 0.0,
    },
    "encoder at the decoder's rate": {"generator.encoder_rate": 1.0},
    "L1 on a and b": {**_ON_COLORS, "objective.lambda_l1": 10.0},
    "L2 on a and b": {**_ON_COLORS, "objective.lambda_l2": 10.0},
    "L1 and a GAN": {**_ON_COLORS, **_GAN, "objective.lambda_l1": 10.0},
    "bins and a GAN": _GAN,
    "crops of 0.5 to 1": {"data.min_crop": 0.5, "data.max_crop": 1.0},
    "without gamma": {"data.gamma_range": 1.0},
    "without other films": {"data.film_share": 0.0},
    "without grain": {"data.grain": 0.0},
    "without diverse photographs": {},
}
_WITHOUT = "without diverse photographs"
_COLORFULNESS = (0.0, 0.5)


def file_name(row: str) -> str:
    """Makes a name of a file from that of a row."""
    return row.replace(",", "").replace(" ", "_")


def without_folder(split_file: pathlib.Path, folder: str, output: pathlib.Path) -> pathlib.Path:
    """Writes a split file without the training images of a folder.

    Args:
        split_file: as of `config.data.split_file`.
        folder: to leave out, relative to the root.
        output: file to write.

    Raises:
        InputError: the folder has no training images.
    """
    lines = split_file.read_text().splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith(f"train\t{folder}/")]
    if len(kept) == len(lines):
        raise InputError(f"--diverse {folder}: {split_file} has no training image in it")
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text("".join(kept))
    return output


def score(workdir: pathlib.Path, name: str, fid_dims: list[int]) -> dict[str, dict[str, Any]]:
    """Scores a run on its validation images.

    Args:
        workdir: of the run.
        name: of its rows.
        fid_dims: dimensions of the FID.

    Returns:
        Rows as of `report.table`, with gray.
    """
    evaluation = Evaluation(fid_dims)
    plain = inference.load(workdir, last=True)
    config = plain.config
    colorizers = {name: plain}
    if config.data.color_space == "lab_bins":
        colorizers = {
            f"{name}; {value:g}": inference.load(workdir, last=True, colorfulness=value)
            for value in _COLORFULNESS
        }
    size = models.output_size(config)
    source = sources.open_splits(config.data, ["validation"], size)["validation"]
    for rgb in pipeline.eval_batches(source, config.data, size, config.data.batch_size):
        predicted = {row: colorizer.predict(rgb) for row, colorizer in colorizers.items()}
        evaluation.add(predicted, rgb)
    rows = evaluation.summary()
    return {row: rows[row] for row in (GRAY, *colorizers)}


def main() -> None:
    """Trains and scores, and writes the table after each line."""
    parser = cli.Parser(__doc__)
    parser.add_argument("--data", type=pathlib.Path, required=True, help="config.data.path")
    parser.add_argument("--split_file", type=pathlib.Path, required=True)
    parser.add_argument("--workdir", type=pathlib.Path, required=True)
    parser.add_argument("--diverse", required=True, help="folder of the diverse photographs")
    parser.add_argument("--lines", nargs="+", choices=LINES, default=list(LINES))
    parser.add_argument("--seed", type=int, default=0, help="config.seed; from 1 on in all names")
    parser.add_argument("--num_images", type=int, default=24_000, help="to train on (24,000)")
    parser.add_argument("--fid_dims", type=int, nargs="+", default=[768])
    args = parser.parse_args()
    memory.keep_freed()
    parallel.set_up()
    suffix = f", seed {args.seed}" if args.seed else ""
    table = args.workdir / f"{file_name('ablation' + suffix)}.json"
    rows: dict[str, dict[str, Any]] = {}
    try:
        for name in tqdm(args.lines, desc="lines", disable=None):
            config = config_lib.from_file(_RECIPE)
            config.data.path, config.data.split_file = str(args.data), str(args.split_file)
            if name == _WITHOUT:
                reduced = without_folder(args.split_file, args.diverse, args.workdir / "split.tsv")
                config.data.split_file = str(reduced)
            config.train.num_steps = args.num_images // config.data.batch_size
            config.train.linear_decay, config.train.eval_every = 1.0, 0
            config.update_from_flattened_dict(BASE | LINES[name] | {"seed": args.seed})
            row = name + suffix
            workdir = args.workdir / file_name(row)
            state = loop.train_and_evaluate(config, workdir)
            if int(state.step) < config.train.num_steps:
                sys.exit(f"stopped; the same command resumes {row!r} from step {state.step}")
            rows |= score(workdir, row, args.fid_dims)
            report.write(table, "Ablation", rows, images_each=args.num_images)
    except (InputError, OSError) as error:
        sys.exit(f"error: {error}")
    print(report.on_screen(rows))


if __name__ == "__main__":
    main()
