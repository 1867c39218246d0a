"""Report 002, row S1x: row S1 on 10,000 images of COCO.

    python -m jaxcolor.train --config configs/reports/s1x.py --workdir runs/s1x

Stated:
    data: 8,000 images train and 2,000 test (IV)

Chosen:
    length: 10 epochs, as in row S1
    which images: the first of the training set; 500 more validate
"""

from jaxcolor import config as defaults

TITLE = "S1 on 10,000 images"


def get_config():
    config = defaults.from_file("data/coco_10000.py", beside=__file__)
    config.data.batch_size = 20
    config.train.num_epochs = 10
    return config
