"""Makes golden outputs of the generators of other programs, in PyTorch.

    pip install torch==2.13.0
    python tests/goldens/make_pytorch_generators.py

The networks are an independent implementation of those of
github.com/junyanz/pytorch-CycleGAN-and-pix2pix (models/networks.py) and of the U-Net of the
tutorial "Colorizing black & white images with U-Net and conditional GAN", with the same names of
tensors and few filters. Weights and inputs are drawn by name (tests/seeded.py); stored are the
names and shapes of the tensors, as JSON, the gain of the kernels, and of each output numbers at
seeded places. The
tutorial's Dynamic U-Net is that of make_dynamic_unet.py.
"""

import functools
import json
import pathlib
import sys

import numpy as np
import torch
from pytorch_references import load_seeded
from torch import nn

sys.path.append(str(pathlib.Path(__file__).parents[1]))
sys.path.append(str(pathlib.Path(__file__).parents[2] / "scripts"))
import seeded
from benchmarking.pytorch_networks import UNet

GOLDENS = pathlib.Path(__file__).parent
NUM_FILTERS = 4


class ResNetBlock(nn.Module):
    """Twice reflection padding, convolution and norm, around a sum."""

    def __init__(self, features, norm, bias, dropout):
        super().__init__()

        def convolve():
            return [nn.ReflectionPad2d(1), nn.Conv2d(features, features, 3, bias=bias)]

        inner = [norm(features), nn.ReLU(True), *([nn.Dropout(0.5)] if dropout else [])]
        self.conv_block = nn.Sequential(*convolve(), *inner, *convolve(), norm(features))

    def forward(self, x):
        """Adds the block's output to its input."""
        return x + self.conv_block(x)


class ResNet(nn.Module):
    """CycleGAN's generator; instance norms have no parameters, and convolutions before them do."""

    def __init__(self, inputs, outputs, num_blocks, norm, dropout):
        super().__init__()
        bias = norm is nn.InstanceNorm2d
        n = NUM_FILTERS
        parts = [nn.ReflectionPad2d(3), nn.Conv2d(inputs, n, 7, bias=bias), norm(n), nn.ReLU(True)]
        for wide in (2 * n, 4 * n):
            conv = nn.Conv2d(wide // 2, wide, 3, 2, 1, bias=bias)
            parts += [conv, norm(wide), nn.ReLU(True)]
        parts += [ResNetBlock(4 * n, norm, bias, dropout) for _ in range(num_blocks)]
        for wide in (2 * n, n):
            up = nn.ConvTranspose2d(2 * wide, wide, 3, 2, 1, output_padding=1, bias=bias)
            parts += [up, norm(wide), nn.ReLU(True)]
        self.model = nn.Sequential(
            *parts, nn.ReflectionPad2d(3), nn.Conv2d(n, outputs, 7), nn.Tanh()
        )

    def forward(self, x):
        """Maps gray images `[N, inputs, H, W]` to colors `[N, outputs, H, W]`."""
        return self.model(x)


class TutorialBlock(nn.Module):
    """A level of the tutorial's U-Net, named by its place."""

    def __init__(self, outer, inner, place, below=None, inputs=None, dropout=False):
        super().__init__()
        self.place = place
        down = nn.Conv2d(inputs or outer, inner, 4, 2, 1, bias=False)
        width = inner if place == "innermost" else 2 * inner
        up = nn.ConvTranspose2d(width, outer, 4, 2, 1, bias=place == "outermost")
        if place == "outermost":
            order = [down, below, nn.ReLU(True), up, nn.Tanh()]
        else:
            order = [nn.LeakyReLU(0.2, True), down]
            if place == "between":
                order += [nn.BatchNorm2d(inner), below]
            order += [nn.ReLU(True), up, nn.BatchNorm2d(outer)]
            if dropout:
                order.append(nn.Dropout(0.5))
        self.model = nn.Sequential(*order)

    def forward(self, x):
        """Joins the input, but for the outermost block."""
        return self.model(x) if self.place == "outermost" else torch.cat([x, self.model(x)], 1)


class TutorialUNet(nn.Module):
    """The tutorial's U-Net of eight levels, one channel to two."""

    def __init__(self):
        super().__init__()
        wide = 8 * NUM_FILTERS
        block = TutorialBlock(wide, wide, "innermost")
        for _ in range(3):
            block = TutorialBlock(wide, wide, "between", block, dropout=True)
        for _ in range(3):
            block = TutorialBlock(wide // 2, wide, "between", block)
            wide //= 2
        self.model = TutorialBlock(2, wide, "outermost", block, inputs=1)

    def forward(self, x):
        """Maps lightness `[N, 1, 256, 256]` to colors `[N, 2, 256, 256]`."""
        return self.model(x)


def cases() -> dict[str, tuple[nn.Module, int, int]]:
    """Each network with the channels and the size of its gray images."""
    return {
        "unet_256 lab": (UNet(8, NUM_FILTERS, 0.5), 1, 256),
        "unet_128 rgb": (UNet(7, NUM_FILTERS, 0.5, 3, 3), 3, 128),
        "unet_256 rgb of gray": (UNet(8, NUM_FILTERS, 0.5, 1, 3), 1, 256),
        "resnet_9blocks rgb": (ResNet(3, 3, 9, nn.InstanceNorm2d, dropout=False), 3, 32),
        "resnet_6blocks lab": (ResNet(1, 2, 6, nn.BatchNorm2d, dropout=True), 1, 32),
        "resnet_6blocks rgb": (ResNet(3, 3, 6, nn.BatchNorm2d, dropout=False), 3, 32),
        "resnet_9blocks lab": (ResNet(1, 2, 9, nn.InstanceNorm2d, dropout=True), 1, 32),
        "tutorial_unet lab": (TutorialUNet(), 1, 256),
    }


def main() -> None:
    """Writes tests/goldens/pytorch_generators.npz."""
    arrays = {}
    for name, (network, channels, size) in cases().items():
        # Nothing else bounds the numbers of a ResNet with batch norms.
        gain = 0.6 if name.startswith("resnet_6") else 1.0
        load_seeded(network, functools.partial(seeded.feature_weights, gain=gain))
        gray = torch.tensor(np.tanh(seeded.normal("gray", (1, 1, size, size))))
        with torch.no_grad():
            output = network.eval()(gray.expand(-1, channels, -1, -1)).numpy()
        shapes = {key: tuple(value.shape) for key, value in network.state_dict().items()}
        arrays[f"{name} gain"] = np.array(gain)
        arrays[f"{name} shapes"] = np.array(json.dumps(shapes))
        arrays[f"{name} output"] = seeded.pick(np.ascontiguousarray(np.moveaxis(output, 1, -1)))
        print(name, float(np.abs(output).mean()), float(np.abs(output).max()))
    np.savez_compressed(GOLDENS / "pytorch_generators.npz", **arrays)


if __name__ == "__main__":
    main()
