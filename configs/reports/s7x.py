"""Report 002, row S7x: row S7 on 10,000 images of COCO, and 10 epochs.

    jaxcolor weights fetch resnet18
    python -m jaxcolor.train --config configs/reports/s7x.py --workdir runs/s7x

The report publishes pictures of it (figure 7), and no scores.

Stated:
    length: 10 epochs on 10,000 images (figure 7)

Chosen:
    data: 8,000 of them train and 2,000 test, as in section IV; 500 more validate
    figure: its caption is followed; the text (VI.B) has 100,000 images, and another run on 5,000
        whose figure is missing
"""

from jaxcolor import config as defaults

TITLE = "S7 on 10,000 images"


def get_config():
    config = defaults.from_file("s7.py", beside=__file__)
    config.data.update(defaults.from_file("s1x.py", beside=__file__).data)
    config.train.num_epochs = 10
    return config
