"""Scores a model at many settings of colorfulness and temperature.

    python scripts/sweep_colorfulness.py --model runs/flagship_256 --fid_dims 768

The images are the validation split of the run's own data, or with --data every image of a folder.
Each setting is a row of the table; gray is the baseline. With --grain the network sees noise as of
an old film, and the scores are those of its colors beside the lightness without noise. For pictures
at each setting, see scripts/gallery.py.
"""

import itertools
import pathlib
import sys
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from ml_collections import ConfigDict
from tqdm import tqdm

from jaxcolor import cli, listing, models
from jaxcolor.compilation import compile_network
from jaxcolor.config import InputError
from jaxcolor.data import pipeline, sources
from jaxcolor.inference import with_bins
from jaxcolor.metrics import report
from jaxcolor.metrics.evaluation import Evaluation
from jaxcolor.metrics.set_scores import GRAY
from jaxcolor.models.generator import Generator
from jaxcolor.training import parallel, trained


def sweep(
    config: ConfigDict,
    generator: Generator,
    variables: Any,
    source: sources.Source,
    settings: list[tuple[float, float]],
    fid_dims: list[int],
    grain: float = 0.0,
) -> tuple[dict[str, dict[str, Any]], Mapping[str, InputError]]:
    """Scores a generator at settings of colorfulness and temperature.

    Args:
        config: of the run.
        generator: of the run.
        variables: of the generator.
        source: the true images.
        settings: pairs of colorfulness and temperature.
        fid_dims: dimensions of the FID.
        grain: standard deviation of the noise that the generator sees, in units of L.

    Returns:
        Rows as of `report.table`, for gray and for each setting, and the scores that are missing.

    Raises:
        InputError: a setting is out of range, or the run's color space is not "lab_bins".
    """
    spaces = {}
    for colorfulness, temperature in settings:
        changed = with_bins(config, colorfulness=colorfulness, temperature=temperature)
        spaces[f"{colorfulness:g}, temperature {temperature:g}"] = models.build_space(changed)
    space = models.build_space(config)

    def recolor(variables: Any, frozen: Any, rgb: jax.Array) -> dict[str, jax.Array]:
        gray, number = space.to_gray(rgb), jnp.arange(len(rgb))
        noisy = space.to_network(rgb, grain=(jnp.full(len(rgb), grain), number))["gray"]
        output = generator.apply(variables, frozen, noisy)
        return {name: s.from_network(gray, s.decode(gray, output)) for name, s in spaces.items()}

    compiled, evaluation = compile_network(recolor), Evaluation(fid_dims)
    size, batch_size = models.output_size(config), config.data.batch_size
    with tqdm(total=len(source), desc="sweep", unit="img", disable=None) as bar:
        for rgb in pipeline.eval_batches(source, config.data, size, batch_size):
            colored = compiled(variables, generator.frozen, rgb)
            evaluation.add({name: np.asarray(image) for name, image in colored.items()}, rgb)
            bar.update(len(rgb))
    rows = evaluation.summary()
    return {name: rows[name] for name in (GRAY, *spaces)}, evaluation.missing


def main() -> None:
    """Scores all settings, prints the table and writes it."""
    parser = cli.Parser(__doc__)
    cli.add_model_option(parser, required=True)
    parser.add_argument("--data", type=pathlib.Path, help="folder of images to score on")
    parser.add_argument("--colorfulness", type=float, nargs="+", default=[0, 0.25, 0.5, 0.75, 1])
    parser.add_argument("--temperature", type=float, nargs="+", default=[1.0])
    parser.add_argument("--grain", type=float, default=0.0, help="deviation, in units of L (0)")
    parser.add_argument("--fid_dims", type=int, nargs="+", default=[2048])
    parser.add_argument("--json", type=pathlib.Path, help="file for the scores, besides a .md")
    args = parser.parse_args()
    parallel.set_up()
    try:
        config, generator, variables = trained.load_generator(args.model)
        if args.data:
            source: sources.Source = sources.FileSource(listing.find(args.data))
        else:
            size = models.output_size(config)
            source = sources.open_splits(config.data, ["validation"], size)["validation"]
        settings = list(itertools.product(args.colorfulness, args.temperature))
        rows, missing = sweep(
            config, generator, variables, source, settings, args.fid_dims, args.grain
        )
    except (InputError, OSError) as error:
        sys.exit(f"error: {error}")
    name = str(args.data or f"validation split of {config.data.path}")
    facts = {"data": name, "images": len(source), "grain": args.grain}
    print(report.on_screen(rows))
    print("\n".join(report.notes(facts, missing)))
    if args.json:
        report.write(args.json, "Colorfulness", rows, missing, **facts)


if __name__ == "__main__":
    main()
