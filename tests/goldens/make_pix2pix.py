"""Makes golden outputs of pix2pix and of optimizers, in PyTorch.

    pip install torch==2.13.0
    python tests/goldens/make_pix2pix.py

The optimizers are PyTorch's own. The networks (scripts/benchmarking/pytorch_networks.py) and the
updates are an independent implementation in PyTorch, not the code of the paper's authors;
tests/test_pix2pix_layout.py compares its names and shapes with theirs. Weights and inputs are drawn
by name (tests/seeded.py), so that only outputs are stored.
"""

import pathlib
import sys
from collections.abc import Callable

import numpy as np
import torch
from pytorch_references import load_seeded
from torch import nn

sys.path.append(str(pathlib.Path(__file__).parents[1]))
sys.path.append(str(pathlib.Path(__file__).parents[2] / "scripts"))
import seeded
from benchmarking.pytorch_networks import UNet, make_patchgan

GOLDENS = pathlib.Path(__file__).parent


def unet_outputs() -> dict[str, np.ndarray]:
    """Outputs of a U-Net in evaluation and in training."""
    x = torch.tensor(seeded.normal("input", (2, 1, 64, 64)))
    network = load_seeded(UNet(levels=6, num_filters=4), seeded.weights)
    with torch.no_grad():
        evaluated = network.eval()(x).numpy()
        trained = network.train()(x).numpy()
    return {"eval": evaluated, "train": trained}


def optimizer_paths() -> dict[str, np.ndarray]:
    """Parameters after each of 50 steps on gradients of very different size."""
    makers: dict[str, Callable] = {
        "adam": lambda params: torch.optim.Adam(params, lr=2e-4, betas=(0.5, 0.999)),
        "adamw": lambda params: torch.optim.AdamW(
            params, lr=2e-4, betas=(0.5, 0.999), weight_decay=1.0
        ),
        "rmsprop": lambda params: torch.optim.RMSprop(params, lr=5e-5),
    }
    paths = {}
    for name, make in makers.items():
        parameter = nn.Parameter(torch.tensor(seeded.normal("parameter", (4, 8))))
        optimizer = make([parameter])
        path = []
        for step in range(50):
            scales = 10.0 ** np.arange(-8, 0).astype(np.float32)
            parameter.grad = torch.tensor(seeded.normal(f"gradient {step}", (4, 8)) * scales)
            optimizer.step()
            path.append(parameter.detach().clone().numpy())
        paths[name] = np.stack(path)
    return paths


def training_losses(wasserstein: bool) -> dict[str, np.ndarray]:
    """Losses of three steps of pix2pix or of a WGAN with weight clipping."""
    generator = load_seeded(UNet(levels=5, num_filters=4), seeded.weights)
    discriminator = load_seeded(make_patchgan(4), seeded.weights)

    def make_optimizer(network: nn.Module) -> torch.optim.Optimizer:
        if wasserstein:
            return torch.optim.RMSprop(network.parameters(), lr=5e-5)
        return torch.optim.Adam(network.parameters(), lr=2e-4, betas=(0.5, 0.999))

    optimizer_g, optimizer_d = make_optimizer(generator), make_optimizer(discriminator)
    cross_entropy = nn.BCEWithLogitsLoss()
    critic_steps = 2 if wasserstein else 1
    losses: dict[str, list[float]] = {name: [] for name in ("D_real", "D_fake", "G_GAN", "G_L1")}

    def bce(scores: torch.Tensor, target: float) -> torch.Tensor:
        if wasserstein:
            return scores.mean()
        return cross_entropy(scores, torch.full_like(scores, target))

    for step in range(3):
        for i in range(critic_steps):
            light = torch.tanh(torch.tensor(seeded.normal(f"L {step} {i}", (4, 1, 32, 32))))
            real = torch.tanh(torch.tensor(seeded.normal(f"ab {step} {i}", (4, 2, 32, 32))))
            fake = generator(light)
            optimizer_d.zero_grad()
            d_real = bce(discriminator(torch.cat([light, real], 1)), 1.0)
            d_fake = bce(discriminator(torch.cat([light, fake.detach()], 1)), 0.0)
            (d_fake - d_real if wasserstein else 0.5 * (d_real + d_fake)).backward()
            optimizer_d.step()
            if wasserstein:
                with torch.no_grad():
                    for parameter in discriminator.parameters():
                        parameter.clamp_(-0.01, 0.01)
        optimizer_g.zero_grad()
        score = bce(discriminator(torch.cat([light, fake], 1)), 1.0)
        g_gan = -score if wasserstein else score
        g_l1 = (fake - real).abs().mean()
        (g_gan + 100 * g_l1).backward()
        optimizer_g.step()
        for name, value in zip(losses, (d_real, d_fake, g_gan, g_l1), strict=True):
            losses[name].append(value.item())
    return {name: np.array(values) for name, values in losses.items()}


def main() -> None:
    """Writes tests/goldens/*.npz."""
    goldens = {
        "unet": unet_outputs(),
        "optimizers": optimizer_paths(),
        "pix2pix": training_losses(wasserstein=False),
        "wgan_clip": training_losses(wasserstein=True),
    }
    for name, arrays in goldens.items():
        np.savez_compressed(GOLDENS / f"{name}.npz", **arrays)
        print(name, {key: array.shape for key, array in arrays.items()})


if __name__ == "__main__":
    main()
