"""Independent implementations of pix2pix's networks in PyTorch, for goldens and benchmarks."""

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
    """The pix2pix U-Net, one channel to two; three levels above the innermost drop out."""

    def __init__(self, levels, num_filters, dropout=0.0):
        super().__init__()
        filters = [num_filters * min(2**level, 8) for level in range(levels)]
        block = UNetBlock(filters[-2], filters[-1])
        for level in reversed(range(1, levels - 1)):
            rate = dropout if level >= levels - 4 else 0.0
            block = UNetBlock(filters[level - 1], filters[level], block, dropout=rate)
        self.model = UNetBlock(2, filters[0], block, inputs=1, outermost=True)

    def forward(self, x):
        """Maps lightness `[N, 1, H, W]` to colors `[N, 2, H, W]`."""
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
