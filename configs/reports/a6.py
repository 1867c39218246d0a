"""Report 003, row A6: row A5's network, doubled to 512 × 512 RGB.

    python -m jaxcolor.train --config configs/reports/a6.py --workdir runs/a6

Row A5 has to be trained first, in runs/a5; its network stays as it is, as in the authors' code,
where the text trains it further. The generator is that of the authors' code, 612,628 parameters
beside A5's: the skip from A5's output ends before upsampling and not, as in the text, at the final
output. The tanh that ends it is chosen. Images with fewer than 512 pixels are scaled up.
"""

from jaxcolor import config as defaults

TITLE = "A5, doubled in size, RGB"
PUBLISHED = {
    "FID": "70.73",
    "ε-acc.": "5.57 %",
    "MAE 0–255": "24.21",
    "PSNR": "18.33",
    "FPS": "21",
}


def get_config():
    config = defaults.from_file("a1.py", beside=__file__)
    config.init_from = "runs/a5"
    config.data.color_space = "lab_to_rgb"
    config.generator.name = "upscaler"
    return config
