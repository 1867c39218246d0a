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


def feature_weights(shapes: dict[str, tuple[int, ...]], gain: float = 1.0) -> dict[str, np.ndarray]:
    """Draws weights by name that keep the size of the numbers through a deep network.

    Kernels have a variance of 2 / inputs (He et al., 2015), times the gain's square; all else is
    close to what it starts as.
    """
    drawn = {}
    for name, shape in shapes.items():
        if len(shape) > 1:
            values = normal(name, shape, gain * (2 / np.prod(shape[1:])) ** 0.5)
        else:
            values = normal(name, shape, 0.1)
            if name.endswith("running_var"):
                values = 1 + np.abs(values)
            elif name.endswith("weight"):
                values = 1 + values
        drawn[name] = values
    return drawn


def unfilled(shapes: dict[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    """Makes zeros that take neither time nor memory, for what looks at shapes alone."""
    return {name: np.broadcast_to(np.float32(0), shape) for name, shape in shapes.items()}


def lpips_heads() -> dict[str, np.ndarray]:
    """Draws the heads of LPIPS v0.1 on VGG-16, none of them negative, as the real ones."""
    channels = (64, 128, 256, 512, 512)
    names = [f"lin{i}.model.1.weight" for i in range(len(channels))]
    return {n: np.abs(normal(n, (1, c, 1, 1))) for n, c in zip(names, channels, strict=True)}


def pick(array: np.ndarray, count: int = 500) -> np.ndarray:
    """Picks numbers from an array at places that its shape seeds; all of them if there are few."""
    if array.size <= count:
        return array.ravel()
    seed = int.from_bytes(hashlib.sha256(str(array.shape).encode()).digest()[:8], "big")
    return array.ravel()[np.random.default_rng(seed).choice(array.size, count, replace=False)]


def pictures(name: str, count: int = 8) -> np.ndarray:
    """Draws `[count, 60, 44, 3]` uint8 pictures of coarse patches."""
    coarse = 128 + 60 * normal(name, (count, 15, 11, 3))
    return np.clip(np.round(coarse), 0, 255).astype(np.uint8).repeat(4, 1).repeat(4, 2)


def mixed_pictures(name: str) -> list[np.ndarray]:
    """Draws `[H, W, 3]` uint8 pictures of noise, smaller and larger than 299 pixels."""
    sizes = [(60, 44), (299, 299), (150, 420), (613, 371)]
    noise = (128 + 80 * normal(f"{name} {size}", (*size, 3)) for size in sizes)
    return [np.clip(np.round(pixels), 0, 255).astype(np.uint8) for pixels in noise]
