"""Compiles training steps for accelerators that this machine does not have.

    pip install "jax[cuda12]"
    python scripts/compile_for.py --target h100 --devices 8 --config pix2pix wgan_gp \
        --batch_sizes 128 512 --json compiled.json

For TPUs the target is a topology such as v5e:2x4, and `pip install "jax[tpu]"` what it takes. What
`--json` names keeps each program's figures; the same command then compiles only what is missing.

The *expected* time of a step on H100s is computed, not measured. Each instruction of the program
takes the longer of two times: that of its floating-point operations, in products and convolutions,
at the card's full rate for their dtype (TF32 for float32, but for what is computed at the highest
precision), and that of its operands and results at the full bandwidth of the memory. The sums over
devices come on top: 2 · (n - 1) / n · bytes at the bandwidth of NVLink. Caches, the launches of
kernels, and how far kernels stay below these rates are left out.

cuDNN's working memory is not in the peak: it depends on algorithms that are chosen on the card.
"""

import json
import os
import pathlib
import time
from typing import Any

os.environ["JAX_PLATFORMS"] = "cpu"  # The process itself runs on it.

import jax
import numpy as np
from benchmarking import programs, timing
from jax.experimental import topologies

from jaxcolor import cli, models, objectives
from jaxcolor import config as config_lib
from jaxcolor.config import InputError
from jaxcolor.training.parallel import Devices

_H100 = pathlib.Path(__file__).parent / "benchmarking" / "h100.txtpb"
_MEMORY = 84_942_979_072  # bytes, of _H100, as is the next one
_BANDWIDTH = 3.352e12  # bytes per second
# Share of the memory beyond which XLA may have made a program smaller, by computing results anew.
_MAY_BE_REDUCED = 0.7
# FLOP/s: bfloat16, TF32, and float32 of the highest precision, which tensor cores do not have.
_RATES = {"bf16": 989e12, "f32": 495e12, "exact": 66.9e12}
_NVLINK = 450e9  # bytes per second and direction
_NUM_STEPS = 1000  # Needed by the optimizers; it does not change a step.


def find_devices(target: str, count: int) -> list[jax.Device]:
    """Finds devices that programs are compiled for.

    Args:
        target: "h100", or a topology of TPUs such as "v5e:2x4".
        count: of devices.

    Raises:
        InputError: the topology has fewer, or JAX lacks what compiles for the target.
    """
    try:
        if target == "h100":
            topology = topologies.get_topology_desc(
                platform="cuda", target_config=_H100.read_text(), topology=f"1x1x{count}"
            )
        else:
            topology = topologies.get_topology_desc(platform="tpu", topology_name=target)
    except (RuntimeError, NotImplementedError) as error:
        package = "cuda12" if target == "h100" else "tpu"
        raise InputError(
            f'--target {target}: {error}; it takes `pip install "jax[{package}]"`'
        ) from error
    if len(topology.devices) < count:
        raise InputError(f"--devices {count}: {target} has {len(topology.devices)}")
    return list(topology.devices[:count])


def compile_step(config: Any, devices: Devices) -> tuple[jax.stages.Compiled, float]:
    """Compiles the step of a configuration; returns the seconds that it took as well."""
    objective = objectives.build(config, _NUM_STEPS)
    size = models.output_size(config)
    rgb = jax.ShapeDtypeStruct((objectives.examples_per_step(config), size, size, 3), np.uint8)
    key = jax.eval_shape(lambda: jax.random.key(0))
    batch = jax.eval_shape(lambda rgb: models.build_space(config).to_network(rgb=rgb), rgb)
    start = time.perf_counter()
    lowered = devices.lower_step(
        objective.step, jax.eval_shape(objective.init, key), objective.frozen, batch, key
    )
    return lowered.compile(), time.perf_counter() - start


def measure(program: jax.stages.Compiled, devices: int) -> dict[str, float]:
    """Counts what a step on so many devices takes, on each of them."""
    text = program.as_text()
    works = programs.read(text)
    collectives = [work for work in works if work.kind in programs.COLLECTIVES]
    sent = sum(work.times * work.result_size for work in collectives)
    seconds = sum(
        work.times * max(work.flops / _RATES.get(work.arithmetic, np.inf), work.size / _BANDWIDTH)
        for work in works
        if work.kind not in programs.COLLECTIVES
    )
    return {
        "peak_bytes": program.memory_analysis().peak_memory_in_bytes,
        "flops": sum(work.times * work.flops for work in works),
        "cudnn_calls": sum(work.times for work in works if work.kind.startswith("__cudnn")),
        "copies": sum(work.times for work in works if work.kind == "copy"),
        "collectives": sum(work.times for work in collectives),
        "collective_bytes": sent,
        "expected_seconds": seconds + 2 * (devices - 1) / devices * sent / _NVLINK,
    }


def largest_batch(sizes: dict[int, float], devices: int) -> int | None:
    """Extends the line through the peaks of the two largest batches to a card's whole memory.

    A batch that comes near to what JAX takes of the memory, by default three quarters, has no part
    in it: XLA then computes results anew to need less.

    Args:
        sizes: peak in bytes by batch size.
        devices: that share a batch, and divide the result.

    Returns:
        The batch, or None if there are not two.
    """
    peaks = sorted((b, peak) for b, peak in sizes.items() if peak < _MAY_BE_REDUCED * _MEMORY)
    if len(peaks) < 2:
        return None
    (low, small), (high, large) = peaks[-2:]
    slope = (large - small) / (high - low)
    return int(high + (_MEMORY - large) / slope) // devices * devices


def make_table(figures: dict[str, dict[str, Any]], *, is_gpu: bool) -> str:
    """Formats the figures of programs for one target."""
    heads = "configuration,dtype,devices,batch,peak MiB,GFLOP"
    heads += ",cuDNN calls" * is_gpu + ",copies,collectives,MB,compiled in s"
    heads += ",expected ms,expected images/s,largest batch" * is_gpu
    peaks: dict[tuple, dict[int, float]] = {}
    for row in figures.values():
        same = row["config"], row["dtype"], row["devices"]
        peaks.setdefault(same, {})[row["batch_size"]] = row["peak_bytes"]
    rows = [heads.split(",")]
    for row in sorted(figures.values(), key=lambda row: list(row.values())[:4]):
        same = row["config"], row["dtype"], row["devices"]
        largest = largest_batch(peaks[same], row["devices"])
        of_gpu = [
            f"{1e3 * row['expected_seconds']:.1f}",
            f"{row['examples'] / row['expected_seconds']:,.0f}",
            f"{largest:,}" if largest else "—",
        ]
        rows.append(
            [
                *map(str, list(row.values())[:4]),
                f"{row['peak_bytes'] / 2**20:,.0f}",
                f"{row['flops'] / 1e9:,.0f}",
                *[str(row["cudnn_calls"])] * is_gpu,
                str(row["copies"]),
                str(row["collectives"]),
                f"{row['collective_bytes'] / 1e6:.1f}",
                f"{row['compile_seconds']:.0f}",
                *(of_gpu if is_gpu else []),
            ]
        )
    return timing.table(rows)


def main() -> None:
    """Prints a table of all programs."""
    parser = cli.Parser(__doc__)
    parser.add_argument("--target", default="h100", help="h100, or TPUs such as v5e:2x4 (h100)")
    parser.add_argument("--devices", type=int, default=1, help="that train together (1)")
    parser.add_argument("--config", nargs="+", required=True, help="as of jaxcolor train")
    parser.add_argument("--batch_sizes", type=int, nargs="+", help="by default the configuration's")
    parser.add_argument("--dtype", choices=("float32", "bfloat16"))
    parser.add_argument("--json", type=pathlib.Path, help="file for the figures")
    args = parser.parse_args()
    figures: dict[str, Any] = {}
    if args.json and args.json.exists():
        figures = json.loads(args.json.read_text())
    try:
        devices = Devices(find_devices(args.target, args.devices))
        for name in args.config:
            config = config_lib.from_file(config_lib.find_file(name))
            config.train.dtype = args.dtype or config.train.dtype
            for batch_size in args.batch_sizes or [config.data.batch_size]:
                config.data.batch_size = batch_size
                devices.check_batch_size(batch_size)
                given = {
                    "config": name,
                    "dtype": config.train.dtype,
                    "devices": args.devices,
                    "batch_size": batch_size,
                }
                key = " ".join(map(str, [args.target, *given.values()]))
                if key in figures:
                    continue
                print(f"compiling {key}", flush=True)
                program, seconds = compile_step(config, devices)
                figures[key] = {
                    **given,
                    "examples": objectives.examples_per_step(config),
                    "compile_seconds": seconds,
                    **measure(program, args.devices),
                }
                if args.json:
                    args.json.write_text(json.dumps(figures, indent=2) + "\n")
    except InputError as error:
        parser.error(str(error))
    of_target = {key: row for key, row in figures.items() if key.startswith(f"{args.target} ")}
    print(make_table(of_target, is_gpu=args.target == "h100"))
    print(f"JAX {jax.__version__}, {args.target}")


if __name__ == "__main__":
    main()
