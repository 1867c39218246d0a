r"""Report 000, row W2: W1 with LPIPS, on 7,000 images of mini-ImageNet.

    python -m jaxcolor.backbones.weights fetch vgg16
    python -m jaxcolor.backbones.weights fetch lpips_vgg
    python -m jaxcolor.train --config configs/reports/w2.py --workdir runs/w2 \
        --config.data.path=mini_imagenet

Published (7,000 and 27,000 images): FID 85.92 and 74.02, IS 10.99 and 13.41 where the true images
have 12.05 and 14.47, PSNR 16.37 and 16.31, SSIM 0.70 and 0.71, MAE 0.12. Data: a folder, of which
5,000 images train, 900 validate and 1,000 test if it holds 6,900. Open in the report and chosen
here: 64 filters, dropout 0.5, flips, batch 16, 50 epochs.
"""

from jaxcolor import config as defaults


def get_config():
    config = defaults.get_config()
    config.data.source = "folder"
    config.data.validation_fraction = 0.13
    config.data.test_fraction = 0.145
    config.data.color_space = "rgb"
    config.generator.name = "bilinear_residual_unet"
    config.objective.lambda_lpips = 1.0
    config.train.num_epochs = 50
    return config
