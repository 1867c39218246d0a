"""Times whole training steps against PyTorch's, in alternation, each in its own process.

    pip install torch
    python scripts/benchmark_train.py

Both train the U-Net and the 70 × 70 PatchGAN on the same arrays: pix2pix, and Wasserstein
GANs with clipped weights and with a gradient penalty, five critic updates to one of the generator;
and the U-Net over MobileNet-v2 by L1 alone.
On a GPU both compute in bfloat16, and PyTorch a second time through `torch.compile`.
"""

import os
import pathlib
from collections.abc import Callable
from typing import Any

os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")  # Both share one GPU.

import jax
import numpy as np
import torch
from benchmarking import pytorch_regression, pytorch_train, timing

from jaxcolor import config as config_lib
from jaxcolor import memory, objectives
from jaxcolor.training.parallel import Devices

_CONFIGS = pathlib.Path(__file__).parent.parent / "configs"
_NUM_STEPS = 1000  # Needed by the optimizers; it does not change the speed of a step.
_REGRESSION = "mobile_unet"
_OBJECTIVES = ("pix2pix", "wgan_clip", "wgan_gp", _REGRESSION)


def configure(name: str, image_size: int, batch_size: int, dtype: str, filters: int = 64) -> Any:
    """Loads one of the configurations in `configs/`, or that of the regression, at other sizes."""
    if name == _REGRESSION:
        config = config_lib.get_config()
        config.generator.name, config.objective.name = name, "regression"
    else:
        config = config_lib.from_file(_CONFIGS / f"{name}.py")
    config.data.image_size, config.data.batch_size = image_size, batch_size
    config.generator.num_filters = config.discriminator.num_filters = filters
    config.train.dtype = dtype
    return config


def make_examples(config: Any) -> dict[str, np.ndarray]:
    """Draws the examples of one step."""
    count, size = objectives.examples_per_step(config), config.data.image_size
    rng = np.random.default_rng(0)
    return {
        name: rng.uniform(-1, 1, (count, size, size, channels)).astype(np.float32)
        for name, channels in (("gray", 1), ("target", 2))
    }


def compile_jaxcolor(config: Any) -> tuple[Any, tuple[Any, ...]]:
    """Compiles our step for all devices, and makes its arguments."""
    devices = Devices()
    objective = objectives.build(config, _NUM_STEPS)
    arguments = (
        devices.replicate(jax.jit(objective.init)(jax.random.key(0))),
        devices.replicate(objective.frozen),
        devices.spread(make_examples(config)),
        jax.random.key(1),
    )
    return devices.compile_step(objective.step).lower(*arguments).compile(), arguments


def make_jaxcolor(config: Any) -> Callable[[], None]:
    """Makes our step."""
    compiled, (state, *others) = compile_jaxcolor(config)

    def step() -> None:
        nonlocal state
        state, metrics = compiled(state, *others)
        jax.block_until_ready(metrics)

    return step


def add_critic_steps(count: Callable[[Any], Any], config: Any) -> Any:
    """Adds up what `count` finds in a step, where it finds the loop over the critic once."""
    critic_steps, found = config.objective.critic_steps, count(config)
    if critic_steps == 1:
        return found
    without = config.copy_and_resolve_references()
    without.objective.critic_steps = 1
    last = count(without)
    return last + (critic_steps - 1) * (found - last)


def count_flops(config: Any) -> float:
    """Counts the floating-point operations of our step, by XLA's cost analysis."""

    def count(config: Any) -> float:
        objective = objectives.build(config, _NUM_STEPS)
        key = jax.random.key(0)
        state, frozen = jax.eval_shape(objective.init, key), objective.frozen
        step = Devices().compile_step(objective.step)
        lowered = step.lower(state, frozen, make_examples(config), key)
        return lowered.cost_analysis()["flops"]

    return add_critic_steps(count, config)


def serve(program: str, name: str, image_size: int, batch_size: int, dtype: str) -> None:
    """Takes steps when asked, and prints the peak memory in MiB at the end."""
    config = configure(name, image_size, batch_size, dtype)
    if program == "jaxcolor":
        memory.keep_freed()  # As `jaxcolor train` does.
        step = make_jaxcolor(config)
    else:
        module = pytorch_regression if name == _REGRESSION else pytorch_train
        examples = make_examples(config)
        step = module.make_step(config, examples, compiled=program == "PyTorch, compiled")

    def peak() -> float:
        if not torch.cuda.is_available():
            return timing.peak_memory()
        if program == "jaxcolor":
            return jax.local_devices()[0].memory_stats()["peak_bytes_in_use"] / 2**20
        return torch.cuda.max_memory_allocated() / 2**20

    timing.serve(step, peak)


def main() -> None:
    """Prints a line for each objective and program."""
    on_gpu = jax.default_backend() == "gpu"
    parser = timing.parser(__doc__, runs=20 if on_gpu else 7)
    parser.add_argument("--objectives", nargs="+", choices=_OBJECTIVES)
    parser.add_argument("--image_size", type=int, default=256)
    parser.add_argument("--batch_sizes", type=int, nargs="+", default=[16, 64] if on_gpu else [4])
    parser.add_argument("--dtype", default="bfloat16" if on_gpu else "float32")
    args = parser.parse_args()
    if jax.device_count() > 1:
        parser.error(f"{jax.device_count()} devices: make one visible, since PyTorch uses one")
    if args.quick:
        args.image_size, args.batch_sizes, args.runs = 64, args.batch_sizes[:1], 3
    peak = timing.matmul_peak(args.dtype)
    rows = [
        ["objective", "batch", "program", "images/s", "jaxcolor is faster", "memory, MiB", "peak"]
    ]
    figures: dict[str, Any] = {
        "device": jax.devices()[0].device_kind,
        "versions": f"JAX {jax.__version__}, PyTorch {torch.__version__}",
        "image_size": args.image_size,
        "dtype": args.dtype,
        "matmul_peak_flops": peak,
    }
    for name in args.objectives or (_OBJECTIVES[:1] if args.quick else _OBJECTIVES):
        for batch_size in args.batch_sizes:
            config = configure(name, args.image_size, batch_size, args.dtype)
            examples = objectives.examples_per_step(config)
            sizes = name, args.image_size, batch_size, args.dtype
            flops = count_flops(config)
            programs = {
                program: timing.Worker(f"import benchmark_train as b; b.serve{(program, *sizes)}")
                for program in ("jaxcolor", "PyTorch", *["PyTorch, compiled"] * on_gpu)
            }
            results = timing.alternate(programs, args.runs)
            for program, result in results.items():
                result["images_per_second"] = examples / result["seconds"]
                result["share_of_peak"] = flops / result["seconds"] / peak
                result["peak_mib"] = float(programs[program].finish())
                rows.append(
                    [
                        name,
                        str(batch_size),
                        program,
                        f"{result['images_per_second']:.2f}",
                        timing.format_ratio(result),
                        f"{result['peak_mib']:,.0f}",
                        f"{result['share_of_peak']:.1%}",
                    ]
                )
            figures[f"{name}, batch {batch_size}"] = {"flops": flops, **results}
    timing.report(args, rows, figures)
    print(
        f"{figures['device']}, {args.image_size} × {args.image_size}, {args.dtype}; matrix "
        f"products reach {peak / 1e9:,.0f} GFLOP/s; {figures['versions']}"
    )


if __name__ == "__main__":
    main()
