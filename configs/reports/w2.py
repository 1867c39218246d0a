r"""Report 000, row W2: row W1 with LPIPS.

    python -m jaxcolor.backbones.weights fetch vgg16
    python -m jaxcolor.backbones.weights fetch lpips_vgg
    python -m jaxcolor.train --config configs/reports/w2.py --workdir runs/w2 \
        --config.data.path=mini_imagenet

With 27,000 images the report has FID 74.02, IS 13.41, PSNR 16.31, SSIM 0.71, MAE 0.12.
"""

from jaxcolor import config as defaults

TITLE = "W1 + LPIPS"
PUBLISHED = {"FID": "85.92", "IS": "10.99", "PSNR": "16.37", "SSIM": "0.70", "MAE 0–1": "0.12"}


def get_config():
    config = defaults.from_file("w1.py", beside=__file__)
    config.objective.lambda_lpips = 1.0
    return config
