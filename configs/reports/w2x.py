r"""Report 000, row W2x: row W2 on 27,000 images.

    jaxcolor weights fetch vgg16
    jaxcolor weights fetch lpips_vgg
    python -m jaxcolor.train --config configs/reports/w2x.py --workdir runs/w2x \
        --config.data.path=mini_imagenet

Stated:
    data: 20,000 images train, 3,500 validate and 3,500 test (IV)

Chosen:
    length: as in row W1x
"""

from jaxcolor import config as defaults

TITLE = "W2 on 27,000 images"


def get_config():
    config = defaults.from_file("w2.py", beside=__file__)
    config.data.update(defaults.from_file("w1x.py", beside=__file__).data)
    return config
