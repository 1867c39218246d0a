"""Regression of the U-Net over MobileNet-v2 in PyTorch, to compare with; imports no JAX."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from benchmarking.pytorch_networks import MobileUNet, to_device


def make_step(config: Any, arrays: dict[str, np.ndarray], *, compiled: bool) -> Callable[[], None]:
    """Makes a step by L1 and Adam.

    Args:
        config: of the same step of jaxcolor.
        arrays: as of `pytorch_train.make_step`.
        compiled: the network, by `torch.compile`.
    """
    device = "cuda" if torch.cuda.is_available() else "cpu"
    generator: Any = MobileUNet().to(device, memory_format=torch.channels_last).train()
    adam = config.optimizer.generator
    update = torch.optim.Adam(
        generator.parameters(), lr=adam.learning_rate, betas=(adam.b1, adam.b2), fused=True
    )
    if compiled:
        generator = torch.compile(generator)
    batch = to_device(arrays, device)
    half = torch.autocast(device, torch.bfloat16, config.train.dtype == "bfloat16")

    def step() -> None:
        with half:
            output = generator(batch["gray"]).float()
        update.zero_grad(set_to_none=True)
        (config.objective.lambda_l1 * (output - batch["target"]).abs().mean()).backward()
        update.step()
        if device == "cuda":
            torch.cuda.synchronize()

    return step
