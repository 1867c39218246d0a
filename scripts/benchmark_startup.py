"""Times the start of a training, from the command to the end of the first step.

    python scripts/benchmark_startup.py

The first run compiles all programs; later ones load them from the compilation cache. Data: drawn
scenes.
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import time
from typing import Any

import jax
from benchmarking import timing

_ROOT = pathlib.Path(__file__).parent.parent


def seconds_to_first_step(config: str, image_size: int, folder: pathlib.Path) -> float:
    """Starts a training in a new process and waits for its first step."""
    fields = {
        "data.image_size": image_size,
        "data.num_scenes": 100,
        "data.batch_size": 4,
        "train.num_steps": 1,
        "train.log_every": 1,
        "train.eval_every": 0,
    }
    with tempfile.TemporaryDirectory(dir=folder) as workdir:
        start = time.perf_counter()
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "jaxcolor.train", "--workdir", workdir),
                *("--config", f"configs/{config}.py"),
                *(f"--config.{name}={value}" for name, value in fields.items()),
            ],
            cwd=_ROOT,
            env=os.environ | {"JAX_COMPILATION_CACHE_DIR": str(folder / "cache")},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout
        passed = [time.perf_counter() - start for line in process.stdout if line[:7] == "step 1 "]
        if process.wait():
            sys.exit(f"{config} has failed")
    return passed[0]


def main() -> None:
    """Prints both times for each configuration."""
    parser = timing.parser(__doc__, runs=3)
    parser.add_argument("--image_size", type=int, default=256)
    args = parser.parse_args()
    if args.quick:
        args.image_size, args.runs = 64, 1
    rows = [["configuration", "nothing compiled, s", "compiled before, s"]]
    figures: dict[str, Any] = {"device": jax.devices()[0].device_kind, "size": args.image_size}
    for config in ("pix2pix", "wgan_gp"):
        with tempfile.TemporaryDirectory() as folder:
            times = [
                seconds_to_first_step(config, args.image_size, pathlib.Path(folder))
                for _ in range(1 + args.runs)
            ]
        cold, warm = times[0], sorted(times[1:])[args.runs // 2]
        figures[config] = {"cold": cold, "warm": warm}
        rows.append([config, f"{cold:.1f}", f"{warm:.1f}"])
    timing.report(args, rows, figures)


if __name__ == "__main__":
    main()
