"""Arrays drawn from a generator that their name seeds, alike here and in the golden scripts."""

import hashlib

import numpy as np


def normal(name: str, shape: tuple[int, ...], scale: float = 1.0) -> np.ndarray:
    """Draws float32 values from N(0, scale²)."""
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
    return (scale * np.random.default_rng(seed).standard_normal(shape)).astype(np.float32)


def weights(shapes: dict[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    """Draws weights for the names of a PyTorch state dict, as the pix2pix networks start with.

    Kernels come from N(0, 0.02), biases too, scales from N(1, 0.02), variances are positive.
    """
    drawn = {}
    for name, shape in shapes.items():
        values = normal(name, shape, 0.02)
        if name.endswith("running_var"):
            values = 1 + np.abs(values)
        elif name.endswith("weight") and len(shape) == 1:
            values = 1 + values
        drawn[name] = values
    return drawn
