r"""Report 001, row O2i: row O2 on mini-ImageNet.

    python -m jaxcolor.train --config configs/reports/o2i.py --workdir runs/o2i \
        --config.data.path=mini_imagenet

The report trained for 10 hours, and publishes pictures of it and no scores.

Chosen:
    data: as in row O1i
"""

from jaxcolor import config as defaults

TITLE = "O2 on mini-ImageNet"


def get_config():
    config = defaults.from_file("o2.py", beside=__file__)
    config.data.update(defaults.from_file("o1i.py", beside=__file__).data)
    return config
