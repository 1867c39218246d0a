"""Colors photographs in PyTorch as `jaxcolor.colorize` does, to compare with; imports no JAX."""

import json
import pathlib

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional

from benchmarking.pytorch_networks import MobileUNet

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"

_SIZE = 256
_SCALE = 110  # Of a and b in [-1, 1].
_WHITE = torch.tensor([0.95047, 1.0, 1.08883], device=DEVICE)
_TO_XYZ = torch.tensor(
    [
        [0.412453, 0.357580, 0.180423],
        [0.212671, 0.715160, 0.072169],
        [0.019334, 0.119193, 0.950227],
    ],
    device=DEVICE,
)
_TO_RGB = torch.linalg.inv(_TO_XYZ) * _WHITE
_ENCODED = torch.arange(256, device=DEVICE) / 255
_LINEAR = torch.where(_ENCODED > 0.04045, ((_ENCODED + 0.055) / 1.055) ** 2.4, _ENCODED / 12.92)


def lightness(rgb: torch.Tensor) -> torch.Tensor:
    """Converts `[N, H, W, 3]` uint8 to L `[N, 1, H, W]`."""
    y = (_LINEAR[rgb.int()] @ _TO_XYZ[1])[:, None]
    return torch.where(y > (6 / 29) ** 3, 116 * y ** (1 / 3) - 16, y * (29 / 3) ** 3)


def to_rgb(lightness: torch.Tensor, ab: torch.Tensor) -> torch.Tensor:
    """Converts L `[N, 1, H, W]`, a and b `[N, 2, H, W]` to `[N, H, W, 3]` uint8."""
    y = (lightness[:, 0] + 16) / 116
    root = torch.stack([y + ab[:, 0] / 500, y, (y - ab[:, 1] / 200).clamp_min(0)], -1)
    xyz = torch.where(root > 6 / 29, root**3, 3 * (6 / 29) ** 2 * (root - 4 / 29))
    linear = (xyz @ _TO_RGB.T).clamp(0, 1)
    encoded = torch.where(linear > 0.0031308, 1.055 * linear ** (1 / 2.4) - 0.055, 12.92 * linear)
    return encoded.clamp(0, 1).mul(255).round().to(torch.uint8)


@torch.inference_mode()
def colorize(network: torch.nn.Module, path: pathlib.Path, out: pathlib.Path) -> None:
    """Colors one file."""
    image = Image.open(path).convert("RGB")
    small = image.resize((_SIZE, _SIZE), Image.Resampling.BICUBIC)
    full, resized = (torch.from_numpy(np.array(rgb))[None].to(DEVICE) for rgb in (image, small))
    ab = _SCALE * network(lightness(resized) / 50 - 1)
    ab = functional.interpolate(ab, full.shape[1:3], mode="bicubic", align_corners=False)
    rgb = to_rgb(lightness(full), ab)
    Image.fromarray(rgb[0].cpu().numpy()).save(out, quality=95, subsampling=0)


def load(folder: pathlib.Path) -> MobileUNet:
    """Loads the model in the package.

    Args:
        folder: `jaxcolor/pretrained`.
    """
    tensors = load_file(folder / "model.safetensors")
    bins = json.loads((folder / "config.json").read_text())["data"]["bins"]
    centers = torch.tensor([bins["a"], bins["b"]], device=DEVICE) / _SCALE
    shares = torch.tensor(bins["shares"], device=DEVICE)[:, None, None]
    log_weights = -(0.5 * shares + 0.5 / len(shares)).log()
    left_in = (bins["colorfulness"] - bins["rebalancing"]) * log_weights

    def mean_color(logits: torch.Tensor) -> torch.Tensor:
        predicted = ((logits + left_in) / bins["temperature"]).softmax(1)
        return torch.einsum("nkhw,ck->nchw", predicted, centers)

    network = MobileUNet(len(shares), mean_color)
    parts = ("expand", "depthwise", "project")
    blocks = [f"block_{i:02}.{part}" for i in range(17) for part in parts][1:]
    names = [f"encoder/{name}" for name in ("stem", *blocks)]
    names.append("deepest")
    for i in range(6):
        names += [f"conv_{(16, 8, 4)[i // 2]}_{i % 2}", f"GroupNorm_{i}"]
    names.append("colors")
    layers = [x for x in network.modules() if isinstance(x, nn.Conv2d | nn.GroupNorm)]
    with torch.no_grad():
        for name, layer in zip(names, layers, strict=True):
            if isinstance(layer, nn.Conv2d):
                layer.weight.copy_(tensors[f"params/{name}/kernel"].permute(3, 2, 0, 1))
            else:
                layer.weight.copy_(tensors[f"params/{name}/scale"])
            if layer.bias is not None:
                layer.bias.copy_(tensors[f"params/{name}/bias"])
    return network.eval().to(DEVICE)


def run(model: str, photo: str, out: str) -> None:
    """Colors a photograph as the command does."""
    colorize(load(pathlib.Path(model)), pathlib.Path(photo), pathlib.Path(out))
