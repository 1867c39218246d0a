"""Independent implementations of pix2pix's networks in PyTorch, for goldens and benchmarks."""

import numpy as np
import torch
from torch import nn


class UNetBlock(nn.Module):
    """One level of the pix2pix U-Net, with the levels below it inside."""

    def __init__(self, outer, inner, below=None, inputs=None, outermost=False, dropout=0.0):
        super().__init__()
        down = nn.Conv2d(inputs or outer, inner, 4, 2, 1, bias=False)
        width = inner if below is None else 2 * inner
        up = nn.ConvTranspose2d(width, outer, 4, 2, 1, bias=outermost)
        if outermost:
            parts = [down, below, nn.ReLU(True), up, nn.Tanh()]
        elif below is None:
            parts = [nn.LeakyReLU(0.2, True), down, nn.ReLU(True), up, nn.BatchNorm2d(outer)]
        else:
            norms = nn.BatchNorm2d(inner), nn.BatchNorm2d(outer)
            parts = [nn.LeakyReLU(0.2, True), down, norms[0], below, nn.ReLU(True), up, norms[1]]
            if dropout:
                parts.append(nn.Dropout(dropout))
        self.outermost = outermost
        self.model = nn.Sequential(*parts)

    def forward(self, x):
        """Joins the block's output to its input, but for the outermost."""
        y = self.model(x)
        return y if self.outermost else torch.cat([x, y], dim=1)


class UNet(nn.Module):
    """The pix2pix U-Net; three levels above the innermost drop out."""

    def __init__(self, levels, num_filters, dropout=0.0, inputs=1, outputs=2):
        super().__init__()
        filters = [num_filters * min(2**level, 8) for level in range(levels)]
        block = UNetBlock(filters[-2], filters[-1])
        for level in reversed(range(1, levels - 1)):
            rate = dropout if level >= levels - 4 else 0.0
            block = UNetBlock(filters[level - 1], filters[level], block, dropout=rate)
        self.model = UNetBlock(outputs, filters[0], block, inputs=inputs, outermost=True)

    def forward(self, x):
        """Maps gray images `[N, inputs, H, W]` to colors `[N, outputs, H, W]`."""
        return self.model(x)


def make_patchgan(num_filters: int, norm: str = "batch") -> nn.Module:
    """The 70 × 70 PatchGAN of pix2pix for three channels, with batch or layer norms."""
    layers = [nn.Conv2d(3, num_filters, 4, 2, 1), nn.LeakyReLU(0.2, True)]
    for level, stride in ((1, 2), (2, 2), (3, 1)):
        inputs, outputs = num_filters * 2 ** (level - 1), num_filters * 2**level
        layers += [
            nn.Conv2d(inputs, outputs, 4, stride, 1, bias=False),
            nn.BatchNorm2d(outputs) if norm == "batch" else nn.GroupNorm(1, outputs),
            nn.LeakyReLU(0.2, True),
        ]
    return nn.Sequential(*layers, nn.Conv2d(8 * num_filters, 1, 4, 1, 1))


def to_device(arrays: dict[str, np.ndarray], device: str) -> dict[str, torch.Tensor]:
    """Copies arrays `[N, H, W, C]` to a device, channels last."""
    return {
        name: torch.from_numpy(array)
        .to(device)
        .movedim(-1, 1)
        .contiguous(memory_format=torch.channels_last)
        for name, array in arrays.items()
    }


class InvertedResidual(nn.Module):
    """A block of MobileNet-v2 with folded batch norms."""

    def __init__(self, inputs, outputs, stride, expansion):
        super().__init__()
        wide = expansion * inputs
        expand = [nn.Conv2d(inputs, wide, 1), nn.ReLU6(True)] if expansion > 1 else []
        if stride == 2:  # TensorFlow pads even sizes at their ends.
            expand.append(nn.ZeroPad2d((0, 1, 0, 1)))
        depthwise = nn.Conv2d(wide, wide, 3, stride, 2 - stride, groups=wide)
        self.layers = nn.Sequential(*expand, depthwise, nn.ReLU6(True), nn.Conv2d(wide, outputs, 1))
        self.joins = stride == 1 and inputs == outputs

    def forward(self, x):
        """Adds the block's output to its input where the shapes allow it."""
        y = self.layers(x)
        return x + y if self.joins else y


class MobileUNet(nn.Module):
    """The U-Net over MobileNet-v2, one gray channel in [-1, 1] to two.

    `activation` converts the last layer's `[N, num_outputs, H / 4, W / 4]` to two channels.
    """

    def __init__(self, num_outputs=2, activation=torch.tanh):
        super().__init__()
        self.activation = activation
        self.stem = nn.Sequential(
            nn.ZeroPad2d((0, 1, 0, 1)), nn.Conv2d(3, 32, 3, 2), nn.ReLU6(True)
        )
        channels = (16, *[24] * 2, *[32] * 3, *[64] * 4, *[96] * 3, *[160] * 3, 320)
        self.blocks = nn.ModuleList(
            InvertedResidual(inputs, outputs, 2 if i in (1, 3, 6, 13) else 1, 6 if i else 1)
            for i, (inputs, outputs) in enumerate(zip((32, *channels), channels, strict=False))
        )
        self.deepest = nn.Conv2d(320, 256, 1)
        self.levels = nn.ModuleList()
        inputs = 256
        for skip, features in ((96, 192), (32, 128), (24, 64)):
            layers = []
            for width in (inputs + skip, features):
                conv = nn.Conv2d(width, features, 3, padding=1, bias=False)
                layers += [conv, nn.GroupNorm(16, features), nn.SiLU(True)]
            self.levels.append(nn.Sequential(*layers))
            inputs = features
        self.colors = nn.Conv2d(inputs, num_outputs, 1)

    def forward(self, x):
        """Maps lightness `[N, 1, H, W]` to colors `[N, 2, H, W]`."""
        size = x.shape[2:]
        y = ((x + 1) * 50 + 16) / 116
        linear = torch.where(y > 6 / 29, y**3, 3 * (6 / 29) ** 2 * (y - 4 / 29))
        curve = 1.055 * linear.clamp_min(0.0031308) ** (1 / 2.4) - 0.055
        gray = torch.where(linear > 0.0031308, curve, 12.92 * linear)
        x = self.stem(((255 * gray - 128) / 128).expand(-1, 3, -1, -1))
        skips = []
        for i, block in enumerate(self.blocks):
            x = block(x)
            if i in (2, 5, 12):
                skips.append(x)
        x = self.deepest(x)
        for level in self.levels:
            x = nn.functional.interpolate(x, scale_factor=2, mode="nearest")
            x = level(torch.cat([x, skips.pop()], dim=1))
        return nn.functional.interpolate(self.activation(self.colors(x)), size, mode="bilinear")
