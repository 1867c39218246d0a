"""A training step in PyTorch, to compare with; imports no JAX.

It is written to be fast: channels last, fused or batched optimizers, activations in place, one
forward pass of the generator for both updates, gradients of what is needed only, no number fetched
inside the step; bfloat16 by autocast.
"""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from benchmarking.pytorch_networks import UNet, make_patchgan, to_device


def make_step(config: Any, arrays: dict[str, np.ndarray], *, compiled: bool) -> Callable[[], None]:
    """Makes the step.

    Args:
        config: of pix2pix or a Wasserstein GAN on the U-Net and the PatchGAN.
        arrays: the step's examples, `gray` `[N, H, W, 1]` and `target` `[N, H, W, 2]`, float32.
        compiled: by `torch.compile`.
    """
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.backends.cudnn.benchmark = True
    wasserstein = config.objective.name == "wgan"
    levels = config.data.image_size.bit_length() - 1
    generator = UNet(levels, config.generator.num_filters, config.generator.dropout)
    critic = make_patchgan(config.discriminator.num_filters, config.discriminator.norm)
    for network in (generator, critic):
        network.to(device, memory_format=torch.channels_last).train()
    optimizer = config.optimizer.generator
    rate = optimizer.learning_rate
    make: Any = functools.partial(
        torch.optim.Adam, lr=rate, betas=(optimizer.b1, optimizer.b2), fused=True
    )
    if optimizer.name == "rmsprop":
        make = functools.partial(torch.optim.RMSprop, lr=rate, foreach=True)
    optimizer_g, optimizer_d = make(generator.parameters()), make(critic.parameters())
    cross_entropy = torch.nn.functional.binary_cross_entropy_with_logits
    examples = to_device(arrays, device)
    critic_steps = config.objective.critic_steps
    batches = [
        (examples["gray"][i::critic_steps], examples["target"][i::critic_steps])
        for i in range(critic_steps)
    ]
    clip, lambda_gp = config.objective.clip, config.objective.lambda_gp
    half = torch.autocast(device, torch.bfloat16, config.train.dtype == "bfloat16")

    def bce(scores: torch.Tensor, target: float) -> torch.Tensor:
        if wasserstein:
            return scores.mean()
        return cross_entropy(scores, torch.full_like(scores, target))

    def penalty(real: torch.Tensor, fake: torch.Tensor) -> torch.Tensor:
        place = torch.rand(len(real), 1, 1, 1, device=device)
        between = (place * real + (1 - place) * fake).requires_grad_()
        with torch.autocast(device, enabled=False):
            total = critic(between).mean((1, 2, 3)).sum()
            (grads,) = torch.autograd.grad(total, between, create_graph=True)
        return (grads.square().sum((1, 2, 3)).add(1e-12).sqrt() - 1).square().mean()

    def critic_bce(pairs: torch.Tensor, target: float) -> torch.Tensor:
        return bce(critic(pairs), target)

    def critic_loss(real: torch.Tensor, fake: torch.Tensor) -> torch.Tensor:
        with half:
            d_real, d_fake = critic_bce(real, 1.0), critic_bce(fake, 0.0)
        loss = d_fake - d_real if wasserstein else 0.5 * (d_real + d_fake)
        return loss + lambda_gp * penalty(real, fake) if lambda_gp else loss

    def generate(gray: torch.Tensor) -> torch.Tensor:
        with half:
            return generator(gray).float()

    def generator_loss(gray: torch.Tensor, fake: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
        with half:
            g_gan = bce(critic(torch.cat([gray, fake], 1)), 1.0)
        return (-g_gan if wasserstein else g_gan) + 100 * (fake - real).abs().mean()

    if compiled:  # But for the penalty, whose second derivative is beyond torch.compile.
        generate, generator_loss = torch.compile(generate), torch.compile(generator_loss)
        critic_bce = torch.compile(critic_bce)

    def step() -> None:
        for critic_step, (gray, target) in enumerate(batches):
            with torch.set_grad_enabled(critic_step == critic_steps - 1):
                output = generate(gray)
            real, fake = torch.cat([gray, target], 1), torch.cat([gray, output.detach()], 1)
            critic.requires_grad_(True)
            optimizer_d.zero_grad(set_to_none=True)
            critic_loss(real, fake).backward(inputs=list(critic.parameters()))
            optimizer_d.step()
            if clip:
                with torch.no_grad():
                    torch._foreach_clamp_min_(list(critic.parameters()), -clip)
                    torch._foreach_clamp_max_(list(critic.parameters()), clip)
        critic.requires_grad_(False)
        optimizer_g.zero_grad(set_to_none=True)
        generator_loss(gray, output, target).backward()
        optimizer_g.step()
        if device == "cuda":
            torch.cuda.synchronize()

    return step
