r"""Report 000, row W1: pix2pix from gray to RGB on 7,000 images of mini-ImageNet.

    python -m jaxcolor.train --config configs/reports/w1.py --workdir runs/w1 \
        --config.data.path=mini_imagenet

With 27,000 images the report has FID 76.37, IS 13.15, PSNR 16.44, SSIM 0.72, MAE 0.12. The true
images of its small and its large set have an IS of 12.05 and 14.47. Data: a folder, of which 5,000
images train, 900 validate and 1,000 test if it holds 6,900. Open in the report and chosen here: 64
filters, dropout 0.5, flips, batch 16, 50 epochs.
"""

from jaxcolor import config as defaults

TITLE = "pix2pix, RGB"
PUBLISHED = {"FID": "89.98", "IS": "10.88", "PSNR": "16.47", "SSIM": "0.72", "MAE 0–1": "0.12"}


def get_config():
    config = defaults.get_config()
    config.data.source = "folder"
    config.data.validation_fraction = 0.13
    config.data.test_fraction = 0.145
    config.data.color_space = "rgb"
    config.generator.name = "bilinear_residual_unet"
    config.train.best_metric = ""
    config.train.epoch_of = "generator"
    config.train.num_epochs = 50
    return config
