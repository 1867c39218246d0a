"""What the reports published of their experiments."""

from typing import NamedTuple


class Published(NamedTuple):
    """What a report says of an experiment.

    Attributes:
        title: what it is.
        scores: as printed there, on other data.
    """

    title: str
    scores: dict[str, str]


def _scores(names: str, values: str) -> dict[str, str]:
    return dict(zip(names.split(", "), values.split(", "), strict=True))


_W = "FID, IS, PSNR, SSIM, MAE 0–1"
_O = "FID (own scale), PSNR, SSIM, IS"
_S = "PSNR, SSIM"
_A = "FID, ε-acc., MAE 0–255, PSNR, FPS"
_B = "SSIM, PSNR"
EXPERIMENTS = {
    "W1": Published("pix2pix, RGB", _scores(_W, "89.98, 10.88, 16.47, 0.72, 0.12")),
    "W2": Published("W1 + LPIPS", _scores(_W, "85.92, 10.99, 16.37, 0.70, 0.12")),
    "W3": Published("WGAN-GP, RGB", _scores(_W, "109.80, 10.32, 15.07, 0.66, 0.14")),
    "O1": Published("vanilla GAN", _scores(_O, "0.038, 21.31, 0.8664, 12.66")),
    "O2": Published("WGAN, clipping", _scores(_O, "0.086, 17.58, 0.7385, 12.386")),
    "S1": Published("U-Net", {}),
    "S2": Published("ResNet-18 Dynamic U-Net, pretrained", _scores(_S, "27.70, 0.53")),
    "S3": Published("attention U-Net", _scores(_S, "24.67, 0.56")),
    "S4": Published("WGAN-GP", _scores(_S, "18.79, 0.01")),
    "S5": Published("WGAN, clipping", _scores(_S, "21.56, 0.07")),
    "S6": Published("CycleGAN", _scores(_S, "6.03, −0.01")),
    "A1": Published("U-Net", _scores(_A, "32.29, 31.97 %, 15.14, 21.72, 28")),
    "A2": Published("content loss", _scores(_A, "35.66, 31.13 %, 15.74, 21.36, 28")),
    "A3": Published("L1 + content loss", _scores(_A, "29.50, 35.39 %, 14.43, 22.15, 28")),
    "A4": Published(
        "residual network, no downsampling", _scores(_A, "42.26, 32.58 %, 16.42, 21.01, 17")
    ),
    "A5": Published("residual U-Net", _scores(_A, "29.43, 32.92 %, 15.56, 21.55, 23")),
    "A6": Published("A5, doubled in size, RGB", _scores(_A, "70.73, 5.57 %, 24.21, 18.33, 21")),
    "A7": Published(
        "ResNet-18 Dynamic U-Net, pretrained", _scores(_A, "31.69, 47.18 %, 11.50, 24.19, 28")
    ),
    "B1": Published("Inception fusion GAN", _scores(_B, "0.95026, 21.4709")),
    "B2": Published("B1 without pretraining", _scores(_B, "0.89217, 17.6496")),
    "B3": Published("B1 without class maps", _scores(_B, "0.92358, 19.9012")),
    "B4": Published("B1 without embedding", _scores(_B, "0.93829, 19.3556")),
    "B5": Published("Deep Koalarization", _scores(_B, "0.90014, 19.0556")),
}
