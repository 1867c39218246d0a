r"""Report 000, row W3x: row W3 on 27,000 images.

    python -m jaxcolor.train --config configs/reports/w3x.py --workdir runs/w3x \
        --config.data.path=mini_imagenet

Stated:
    data: 20,000 images train, 3,500 validate and 3,500 test (IV)

Chosen:
    length: as in row W1x
"""

from jaxcolor import config as defaults

TITLE = "W3 on 27,000 images"


def get_config():
    config = defaults.from_file("w3.py", beside=__file__)
    config.data.update(defaults.from_file("w1x.py", beside=__file__).data)
    return config
