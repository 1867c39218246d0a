"""The weight files of the frozen networks: names, hashes, addresses and licenses."""

from typing import NamedTuple


class File(NamedTuple):
    """One file that holds a network's weights.

    Attributes:
        name: of the file.
        sha256: of its bytes, in hex.
        url: where it comes from, or "" if it has no public address.
    """

    name: str
    sha256: str
    url: str = ""


class Weights(NamedTuple):
    """The weights of one network.

    Attributes:
        license: of the weights.
        files: alternatives, the official one first.
    """

    license: str
    files: tuple[File, ...]


def _official(url: str, sha256: str) -> File:
    return File(url.rpartition("/")[2], sha256, url)


_TORCHVISION = "https://download.pytorch.org/models"
WEIGHTS = {
    "inception_v3_fid": Weights(
        "Apache-2.0 (TensorFlow)",
        (
            _official(
                "https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/"
                "pt_inception-2015-12-05-6726825d.pth",
                "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2",
            ),
            File(
                "inception_v3_fid_to_mixed_6e.safetensors",
                "95edd37f9065afcba6dbf79b5a8d87c4b327365b26bb7aa25b1e5613d6429013",
            ),
        ),
    ),
    "vgg16": Weights(
        "BSD-3-Clause (torchvision)",
        (
            _official(
                f"{_TORCHVISION}/vgg16-397923af.pth",
                "397923af8e79cdbb6a7127f12361acd7a2f83e06b05044ddf496e83de57a5bf0",
            ),
        ),
    ),
    "resnet18": Weights(
        "BSD-3-Clause (torchvision)",
        (
            _official(
                f"{_TORCHVISION}/resnet18-f37072fd.pth",
                "f37072fd47e89c5e827621c5baffa7500819f7896bbacec160b1a16c560e07ec",
            ),
        ),
    ),
    "deeplab_v3_resnet50": Weights(
        "BSD-3-Clause (torchvision)",
        (
            _official(
                f"{_TORCHVISION}/deeplabv3_resnet50_coco-cd0a2569.pth",
                "cd0a25694c4a0f7106b38f4938bf90a874f2f241cc410b8f63c7024399538f06",
            ),
        ),
    ),
    "inception_resnet_v2": Weights(
        "Apache-2.0 (TensorFlow)",
        (
            _official(
                "http://data.lip6.fr/cadene/pretrainedmodels/inceptionresnetv2-520b38e4.pth",
                "520b38e4fe58682abd64eeeb2057c71d0d3a50a95b9bce9dabbaae2be8d5d632",
            ),
        ),
    ),
    "mobilenet_v2": Weights(
        "Apache-2.0 (google-coral/edgetpu)",
        (
            File(
                "mobilenet_v2_imagenet1001.safetensors",
                "beb6624c923c56f55eaed20bc8a68e4acb4925446c9c0cdcd8b8d0d5012da86e",
            ),
        ),
    ),
    "deeplab_v3_mobilenet_v2": Weights(
        "Apache-2.0 (TensorFlow)",
        (
            File(
                "deeplabv3_mobilenet_v2_voc21.safetensors",
                "2d7bc518e597341e6feb4b211e897743c13a9c0048bd097c3daf9eea60ed424d",
            ),
        ),
    ),
    "lpips_vgg": Weights(
        "BSD-2-Clause (richzhang/PerceptualSimilarity)",
        (
            File(
                "lpips_v0.1_vgg_heads.pth",
                "a78928a0af1e5f0fcb1f3b9e8f8c3a2a5a3de244d830ad5c1feddc79b8432868",
                "https://github.com/richzhang/PerceptualSimilarity/raw/master/lpips/weights/"
                "v0.1/vgg.pth",
            ),
        ),
    ),
}
