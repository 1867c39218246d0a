"""Times coloring photographs against the same steps in PyTorch.

    pip install torch
    python scripts/benchmark_colorize.py

One photograph of 12 megapixels and a folder of 200 small ones, with the model in the package on
both sides: decode, resize, run the network, scale a and b up, join them with the photograph's
lightness, encode. Warm: from file to file in a process that has done it before. Cold: the whole
command, with and without a cache of compiled programs.
"""

import pathlib
import tempfile
import time
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import torch
from benchmarking import pytorch_colorize, timing

from jaxcolor import file_batch, images, inference, pretrained
from jaxcolor.data import scenes

# Where Linux keeps the most memory that a process has held, in KiB.
_PRINT_PEAK = (
    "; print(int(open('/proc/self/status').read().partition('VmHWM:')[2].split()[0]) / 1024)"
)


def run_cold(code: str, arguments: list[str], cache: pathlib.Path) -> dict[str, float]:
    """Measures a new process with a compilation cache in a folder."""
    start = time.perf_counter()
    (mib,) = timing.run_process(
        code + _PRINT_PEAK, *arguments, JAX_COMPILATION_CACHE_DIR=str(cache)
    )
    return {"seconds": time.perf_counter() - start, "mib": float(mib)}


def main() -> None:
    """Prints the milliseconds of each program."""
    parser = timing.parser(__doc__, runs=3)
    args = parser.parse_args()
    colorizer = inference.Colorizer.from_pretrained()
    network = pytorch_colorize.load(pretrained.FOLDER)
    width, height, count = (4000, 3000, 200) if not args.quick else (2000, 1500, 20)
    rows = [["what", "program", "ms", "jaxcolor is faster", "memory, MiB"]]
    figures: dict[str, Any] = {
        "device": jax.devices()[0].device_kind,
        "versions": f"JAX {jax.__version__}, PyTorch {torch.__version__}",
    }
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        pixels = np.asarray(scenes.render(0, 0, 256))
        photo = folder / "photo.jpg"
        images.write(photo, images.resize(pixels, height, width))
        small = []
        for i in range(count):
            small.append(folder / "small" / f"{i}.jpg")
            images.write(small[-1], images.resize(np.roll(pixels, i, 1), 240, 320))
        outputs = folder / "ours.png", folder / "theirs.png"
        images.write(outputs[0], colorizer(images.read(photo)))
        pytorch_colorize.colorize(network, photo, outputs[1])
        one, other = (images.read(path).astype(int) for path in outputs)
        figures["mean_difference"] = float(np.abs(one - other).mean())
        assert figures["mean_difference"] < 1, figures

        def ours(paths: list[pathlib.Path]) -> Callable[[], object]:
            return lambda: file_batch.colorize_files(
                colorizer, paths, file_batch.Output(folder / "ours")
            )

        def theirs(paths: list[pathlib.Path]) -> Callable[[], object]:
            out = folder / "theirs.jpg"
            return lambda: [pytorch_colorize.colorize(network, path, out) for path in paths]

        for what, paths in (
            (f"{width * height / 1e6:.0f} Mpx", [photo]),
            (f"{count} small", small),
        ):
            results = timing.alternate(
                {"jaxcolor": ours(paths), "PyTorch": theirs(paths)}, args.runs
            )
            for program, result in results.items():
                ms = f"{1000 * result['seconds']:.0f}"
                rows.append([f"{what}, warm", program, ms, timing.format_ratio(result), "—"])
            figures[what] = results

        program = "import runpy; runpy.run_module('jaxcolor.colorize', run_name='__main__')"
        arguments = [str(photo), "--output", str(folder / "cold")]
        paths = [str(path) for path in (pretrained.FOLDER, photo, folder / "cold.jpg")]
        usual = f"from benchmarking import pytorch_colorize as p; p.run(*{paths!r})"
        starts = {
            "jaxcolor, nothing compiled": run_cold(program, arguments, folder / "cache"),
            "jaxcolor, compiled before": run_cold(program, arguments, folder / "cache"),
            "PyTorch": run_cold(usual, [], folder / "cache"),
        }
        for program, start in starts.items():
            ms, mib = f"{1000 * start['seconds']:.0f}", f"{start['mib']:,.0f}"
            rows.append(["1 photo, cold", program, ms, "—", mib])
        figures["cold"] = starts
    timing.report(args, rows, figures)


if __name__ == "__main__":
    main()
