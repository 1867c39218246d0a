"""Report 003, row A6: row A5's network, doubled to 512 × 512 RGB.

    python -m jaxcolor.train --config configs/reports/a6.py --workdir runs/a6

Row A5 has to be trained first, in runs/a5. Images with fewer than 512 pixels are scaled up.

Stated:
    generator: six residual blocks with PReLU and a pixel shuffle on the trained network of row A5
        (4.6)
    losses: those of row A1 (4.6), here of RGB

Chosen:
    size: 512 × 512, one doubling of A5's 256; the text says "an upsampling block" (4.6)
    ends: first, correction and last convolution as in the authors' code, the last 9 × 9: 612,628
        parameters beside A5's; a tanh ends it
    length: that of row A1; the report stopped early and does not say when
    critic: gets the gray image beside RGB, as the other rows' L beside a and b (4.5); the authors'
        code gives it RGB alone

Differs:
    blocks: a norm behind both convolutions and PReLU between them, as in the authors' code; the
        text has those of row A4, with one norm at the end of each
    base: stays as it is, as in the authors' code; the text trains it further, and reports that the
        conversion to RGB breaks its gradients
    skip: from A5's output to before the upsampling, as in the authors' code; the text has it end at
        the final output, which is RGB where A5's is Lab
"""

from jaxcolor import config as defaults

TITLE = "A5, doubled in size, RGB"


def get_config():
    config = defaults.from_file("a1.py", beside=__file__)
    config.init_from = "runs/a5"
    config.data.color_space = "lab_to_rgb"
    config.generator.name = "upscaler"
    return config
