"""The cost of a training step by its sizes, and its communication between devices.

    python scripts/benchmark_scaling.py

First table: images per second of pix2pix by batch size, image size and filters. Second table: the
collectives of a step and their bytes, read from the programs compiled for 1, 2, 4 and 8 simulated
devices, beside the bytes of the parameters. Third table: the parallel efficiency of a device when
communication does not overlap with computation:

    efficiency = t / (t + 2 · (n - 1) / n · bytes / bandwidth),  t = FLOPs / speed

where n counts the GPUs of one host over NVLink, and the hosts over their network, which carries
each host's sum. The latency of the collectives is left out. They are those of XLA's programs for
CPUs; `compile_for.py` counts those of programs for GPUs.
"""

import re
from typing import Any

import benchmark_train
import jax
import numpy as np
from benchmarking import timing

_NVLINK = 450e9  # bytes per second and direction, H100 and H200
_NETWORK = 25e9  # 200 Gb/s
_COLLECTIVES = ("all-reduce", "all-gather", "reduce-scatter", "all-to-all", "collective-permute")
_BYTES = {"f32": 4, "bf16": 2, "f16": 2, "s32": 4, "u32": 4, "pred": 1}


def count_collectives(program: str) -> tuple[int, int]:
    """Counts the collectives of a compiled program, and the bytes of their results."""
    pattern = rf"= (.*?) (?:{'|'.join(_COLLECTIVES)})(?:-start)?\("
    number = size = 0
    for line in program.splitlines():
        if found := re.search(pattern, line):
            number += 1
            for dtype, shape in re.findall(r"(\w+)\[([\d,]*)\]", found[1]):
                elements = 1
                for side in filter(None, shape.split(",")):
                    elements *= int(side)
                size += elements * _BYTES[dtype]
    return number, size


def print_collectives(name: str, image_size: int, batch_size: int) -> None:
    """Prints the collectives of a step on all devices, their bytes, and those of the gradients."""

    def count(config: Any) -> np.ndarray:
        program, (state, *_) = benchmark_train.compile_jaxcolor(config)
        updates = {"generator": 1, "discriminator": min(config.objective.critic_steps, 2)}
        gradients = sum(
            updates[part] * leaf.nbytes
            for part, network in state.networks.items()
            for leaf in jax.tree.leaves(network.variables["params"])
        )
        return np.array([*count_collectives(program.as_text()), gradients])

    config = benchmark_train.configure(name, image_size, batch_size, "float32")
    print(*benchmark_train.add_critic_steps(count, config))


def efficiency(step_seconds: float, size: int, count: int, bandwidth: float) -> float:
    """Returns the parallel efficiency of `count` devices or hosts."""
    return step_seconds / (step_seconds + 2 * (count - 1) / count * size / bandwidth)


def main() -> None:
    """Prints the three tables."""
    parser = timing.parser(__doc__, runs=3)
    parser.add_argument(
        "--speed", type=float, default=300e12, help="FLOP/s that a GPU reaches (300e12)"
    )
    args = parser.parse_args()
    base = {"image_size": 64, "batch_size": 8, "filters": 32}
    series: dict[str, list[int]] = {
        "batch_size": [1, 4, 16, 64],
        "image_size": [64, 128, 256],
        "filters": [16, 32, 64],
    }
    if args.quick:
        series = {"batch_size": [1, 4]}
    figures: dict[str, Any] = {"device": jax.devices()[0].device_kind, "costs": {}}
    rows = [["image size", "batch", "filters", "images/s", "GFLOP/s"]]
    every = [base | {name: value} for name, values in series.items() for value in values]
    for sizes in {tuple(sizes.values()): sizes for sizes in every}.values():
        given = "pix2pix", sizes["image_size"], sizes["batch_size"], "float32", sizes["filters"]
        config = benchmark_train.configure(*given)
        step = benchmark_train.make_jaxcolor(config)
        flops = benchmark_train.count_flops(config)
        seconds = timing.alternate({"jaxcolor": step}, args.runs)["jaxcolor"]["seconds"]
        rate = sizes["batch_size"] / seconds
        figures["costs"][str(sizes)] = rate
        rows.append([*map(str, sizes.values()), f"{rate:.1f}", f"{flops / seconds / 1e9:.0f}"])
    print(timing.table(rows))

    image_size, batch_size = (64, 16) if args.quick else (256, 16)
    names, counts = (["pix2pix"], [8]) if args.quick else (["pix2pix", "wgan_gp"], [1, 2, 4, 8])
    rows = [["objective", "devices", "collectives", "MB", "MB of gradients"]]
    sizes_of: dict[str, int] = {}
    for name in names:
        for count in counts:
            printed = timing.run_process(
                "import benchmark_scaling as b; "
                f"b.print_collectives{(name, image_size, batch_size)}",
                JAX_PLATFORMS="cpu",
                XLA_FLAGS=f"--xla_force_host_platform_device_count={count} "
                "--xla_backend_optimization_level=0",
            )
            number, size, gradients = map(int, printed)
            figures[f"{name}, {count} devices"] = {"collectives": number, "bytes": size}
            sizes_of[name] = size
            rows.append(
                [name, str(count), str(number), f"{size / 1e6:.1f}", f"{gradients / 1e6:.1f}"]
            )
    print(timing.table(rows))

    rows = [["objective", "batch per GPU", "8 GPUs, NVLink", "2 hosts of 8, 200 Gb/s"]]
    for name, size in sizes_of.items():
        config = benchmark_train.configure(name, image_size, 1, "float32")
        flops = benchmark_train.count_flops(config)
        for per_device in (16, 64):
            seconds = per_device * flops / args.speed
            inside = efficiency(seconds, size, 8, _NVLINK)
            across = efficiency(seconds / inside, size, 2, _NETWORK) * inside
            figures[f"{name}, {per_device} per GPU"] = {"nvlink": inside, "hosts": across}
            rows.append([name, str(per_device), f"{inside:.0%}", f"{across:.0%}"])
    timing.report(args, rows, figures)
    print(f"{image_size} × {image_size}; a GPU that reaches {args.speed / 1e12:.0f} TFLOP/s")


if __name__ == "__main__":
    main()
