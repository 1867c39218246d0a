r"""pix2pix: U-Net and 70 × 70 PatchGAN, binary cross-entropy plus 100 · L1.

    python -m jaxcolor.train --config configs/pix2pix.py --workdir runs/pix2pix \
        --config.data.source=folder --config.data.path=photos

Without a source it trains on drawn scenes. Constants: Isola et al., CVPR 2017, §3.3 and §6.2.
"""

from jaxcolor import config as defaults


def get_config():
    config = defaults.get_config()
    config.train.num_epochs = 50
    return config
