"""Report 002, row S4b: row S4 with penalty 100 and without L1.

    python -m jaxcolor.train --config configs/reports/s4b.py --workdir runs/s4b

Stated:
    penalty: λ 100 (V.C) as "the strength of the gradient penalty" (eq. 4), which has no L1

Chosen:
    λ: this is the second reading of λ; row S4 has the first
"""

from jaxcolor import config as defaults

TITLE = "S4, penalty 100, no L1"


def get_config():
    config = defaults.from_file("s4.py", beside=__file__)
    config.objective.lambda_l1 = 0.0
    config.objective.lambda_gp = 100.0
    return config
