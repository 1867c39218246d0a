"""Times colouring photographs against the same steps in PyTorch.

    pip install torch
    python scripts/benchmark_colorize.py

One photograph of 12 megapixels and a folder of 200 small ones, with a U-Net for 256 × 256 of the
same seeded weights on both sides: decode, resize, run the network, scale a and b up, lay them over
the photograph's lightness, encode. Warm: from file to file in a process that has done it before.
Cold: the whole command, from a checkpoint, with and without compiled programs kept from before.
"""

import pathlib
import tempfile
import time
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import timing
import torch
from PIL import Image
from pytorch_networks import UNet
from torch.nn import functional

from jaxcolor import config as config_lib
from jaxcolor import images, inference
from jaxcolor.data import scenes
from jaxcolor.models import unet
from jaxcolor.training import loop

_SIZE = 256
_WHITE = (0.95047, 1.0, 1.08883)
_TO_XYZ = torch.tensor(
    [
        [0.412453, 0.357580, 0.180423],
        [0.212671, 0.715160, 0.072169],
        [0.019334, 0.119193, 0.950227],
    ]
)


def to_lab(rgb: torch.Tensor) -> torch.Tensor:
    """Converts `[N, 3, H, W]` uint8 to Lab in float32."""
    encoded = rgb.float() / 255
    linear = torch.where(encoded > 0.04045, ((encoded + 0.055) / 1.055) ** 2.4, encoded / 12.92)
    xyz = torch.einsum("ij,njhw->nihw", _TO_XYZ / torch.tensor(_WHITE)[:, None], linear)
    root = torch.where(xyz > (6 / 29) ** 3, xyz ** (1 / 3), xyz * (29 / 6) ** 2 / 3 + 4 / 29)
    x, y, z = root.unbind(1)
    return torch.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], 1)


def to_rgb(lab: torch.Tensor) -> torch.Tensor:
    """Converts Lab to `[N, 3, H, W]` uint8."""
    light, a, b = lab.unbind(1)
    y = (light + 16) / 116
    root = torch.stack([y + a / 500, y, (y - b / 200).clamp_min(0)], 1)
    xyz = torch.where(root > 6 / 29, root**3, 3 * (6 / 29) ** 2 * (root - 4 / 29))
    back = torch.linalg.inv(_TO_XYZ) * torch.tensor(_WHITE)
    linear = torch.einsum("ij,njhw->nihw", back, xyz).clamp(0, 1)
    encoded = torch.where(linear > 0.0031308, 1.055 * linear ** (1 / 2.4) - 0.055, 12.92 * linear)
    return encoded.clamp(0, 1).mul(255).round().to(torch.uint8)


@torch.inference_mode()
def colorize_with_pytorch(network: torch.nn.Module, path: pathlib.Path, out: pathlib.Path) -> None:
    """Colours one file."""
    image = Image.open(path).convert("RGB")
    small = image.resize((_SIZE, _SIZE), Image.Resampling.BICUBIC)
    full, seen = (
        torch.from_numpy(np.array(pixels)).movedim(-1, 0)[None] for pixels in (image, small)
    )
    ab = 110 * network(to_lab(seen)[:, :1] / 50 - 1)
    ab = functional.interpolate(ab, full.shape[2:], mode="bicubic", align_corners=False)
    rgb = to_rgb(torch.cat([to_lab(full)[:, :1], ab], 1))
    Image.fromarray(rgb[0].movedim(0, -1).numpy()).save(out, quality=95, subsampling=0)


def make_network() -> torch.nn.Module:
    """Draws a network whose colours are strong enough to compare."""
    torch.manual_seed(0)
    network = UNet(8, 64).eval()
    with torch.no_grad():
        network.model.model[3].weight.mul_(4)
    return network


def run_cold(code: str, arguments: list[str], cache: pathlib.Path) -> dict[str, float]:
    """Measures a new process that finds compiled programs in a folder, or leaves them there."""
    code += "; import timing; print(timing.peak_memory())"
    start = time.perf_counter()
    (mib,) = timing.run_apart(code, *arguments, JAX_COMPILATION_CACHE_DIR=str(cache))
    return {"seconds": time.perf_counter() - start, "mib": float(mib)}


def make_checkpoint(workdir: pathlib.Path) -> None:
    """Leaves the checkpoint of a run of one step."""
    config = config_lib.get_config()
    config.data.batch_size, config.data.num_scenes = 1, 8
    config.train.num_steps, config.train.eval_every = 1, 0
    config.optimizer.generator.name = config.optimizer.discriminator.name = "rmsprop"
    loop.train_and_evaluate(config, workdir)


def main() -> None:
    """Prints milliseconds of each way."""
    parser = timing.parser(__doc__, runs=9)
    parser.add_argument(
        "--checkpoint", type=pathlib.Path, help="a run's workdir, for the cold start"
    )
    args = parser.parse_args()
    network = make_network()
    weights = unet.from_pytorch(network.state_dict())
    colorizer = inference.Colorizer(config_lib.get_config(), weights)
    width, height, count = (4000, 3000, 200) if not args.quick else (2000, 1500, 20)
    runs = 3 if args.quick else args.runs
    rows = [["what", "way", "ms", "jaxcolor is faster", "memory, MiB"]]
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
        colorize_with_pytorch(network, photo, outputs[1])
        one, other = (images.read(path).astype(int) for path in outputs)
        figures["mean_difference"] = float(np.abs(one - other).mean())
        assert figures["mean_difference"] < 1, figures

        def ours(paths: list[pathlib.Path]) -> Callable[[], object]:
            return lambda: inference.colorize_files(colorizer, paths, folder / "ours")

        def theirs(paths: list[pathlib.Path]) -> Callable[[], object]:
            out = folder / "theirs.jpg"
            return lambda: [colorize_with_pytorch(network, path, out) for path in paths]

        for what, paths in (
            (f"{width * height / 1e6:.0f} Mpx", [photo]),
            (f"{count} small", small),
        ):
            results = timing.race({"jaxcolor": ours(paths), "PyTorch": theirs(paths)}, runs)
            for way, result in results.items():
                ms = f"{1000 * result['seconds']:.0f}"
                rows.append([f"{what}, warm", way, ms, timing.format_ratio(result), "—"])
            figures[what] = results

        workdir = args.checkpoint or folder / "run"
        if not args.checkpoint:
            make_checkpoint(workdir)
        torch.save(network.state_dict(), folder / "network.pt")
        program = "import runpy; runpy.run_module('jaxcolor.colorize', run_name='__main__')"
        arguments = [str(photo), "--checkpoint", str(workdir), "--output", str(folder / "cold")]
        usual = f"import benchmark_colorize as b; b.run_pytorch({name!r})"
        starts = {
            "jaxcolor, nothing compiled": run_cold(program, arguments, folder / "cache"),
            "jaxcolor, compiled before": run_cold(program, arguments, folder / "cache"),
            "PyTorch": run_cold(usual, [], folder / "cache"),
        }
        for way, start in starts.items():
            ms, mib = f"{1000 * start['seconds']:.0f}", f"{start['mib']:,.0f}"
            rows.append(["1 photo, cold", way, ms, "—", mib])
        figures["cold"] = starts
    timing.report(args, rows, figures)


def run_pytorch(folder: str) -> None:
    """Does what the command does, in PyTorch."""
    network = UNet(8, 64).eval()
    network.load_state_dict(torch.load(f"{folder}/network.pt"))
    photo = pathlib.Path(folder, "photo.jpg")
    colorize_with_pytorch(network, photo, photo.with_name("cold.jpg"))


if __name__ == "__main__":
    main()
