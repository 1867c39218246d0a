"""Report 002, row S5b: row S5 without L1.

    python -m jaxcolor.train --config configs/reports/s5b.py --workdir runs/s5b

Stated:
    losses: those of equation 5, which has no L1

Chosen:
    λ: 100 stands in the report's list, and has nothing to weigh in equation 5; row S5 has it on L1
"""

from jaxcolor import config as defaults

TITLE = "S5, no L1"


def get_config():
    config = defaults.from_file("s5.py", beside=__file__)
    config.objective.lambda_l1 = 0.0
    return config
