"""The figures that the five reports publish, as printed, each table with its number.

They come from other data, splits, value ranges and features than those of the common protocol.
"""

from typing import NamedTuple


class Table(NamedTuple):
    """A table of a report, or a part of one.

    Attributes:
        source: report and number.
        part: which of the scores of its rows these are; "" for those that stand beside ours: means
            over the test images of the set that the row is trained on.
        columns: names of the scores.
        rows: row to a figure for each column, "–" where there is none. In a part "elsewhere" they
            are not of the report's own models.
    """

    source: str
    part: str
    columns: tuple[str, ...]
    rows: dict[str, str]

    def figures(self, row: str) -> dict[str, str]:
        """Returns the figures of a row by column."""
        cells = self.rows[row].split()
        return {name: cell for name, cell in zip(self.columns, cells, strict=True) if cell != "–"}


_WAHBA = ("FID", "IS of the true images", "IS", "PSNR", "SSIM", "MAE 0–1")
_OZFIRAT = ("FID (own scale)", "PSNR", "SSIM", "IS")
_PSNR = ("PSNR", "SSIM")
_SINGH = ("FID", "ε-acc., %", "MAE 0–255", "PSNR")
_BRUVIK = ("SSIM", "PSNR")
_LOSSES = ("D, first epoch", "G, first epoch", "D, last epoch", "G, last epoch")

TABLES = [
    Table(
        "report 000, table 1",
        "",
        _WAHBA,
        {
            "W1": "89.98 12.05 10.88 16.47 0.72 0.12",
            "W2": "85.92 12.05 10.99 16.37 0.70 0.12",
            "W3": "109.80 11.81 10.32 15.07 0.66 0.14",
            "W1x": "76.37 14.47 13.15 16.44 0.72 0.12",
            "W2x": "74.02 14.47 13.41 16.31 0.71 0.12",
            "W3x": "172.74 14.47 11.62 10.78 0.43 0.22",
        },
    ),
    Table(
        "report 001, table 1",
        "",
        _OZFIRAT,
        {"O1": "0.038 21.31 0.8664 12.66", "O2": "0.086 17.5777 0.7385 12.386"},
    ),
    Table(
        "report 001, table 1",
        "training images",
        _OZFIRAT,
        {"O1": "0.026 22.17 0.87 12.034", "O2": "0.039 17.14 0.8264 11.482"},
    ),
    Table(
        "report 001, section VI",
        "hours of training",
        ("hours",),
        {"O1": "4", "O2": "5", "O1i": "8", "O2i": "10"},
    ),
    Table("report 002, table 1", "", _PSNR, {"S2": "27.70 0.53", "S3": "24.67 0.56"}),
    Table("report 002, table 1", "greatest", _PSNR, {"S2": "30.51 0.70", "S3": "27.83 0.56"}),
    Table("report 002, table 1", "least", _PSNR, {"S2": "23.47 49/7", "S3": "16.01 -0.01"}),
    Table("report 002, table 2", "", _PSNR, {"S4": "18.79 0.01", "S5": "21.56 0.07"}),
    Table("report 002, table 2", "greatest", _PSNR, {"S4": "24.29 0.09", "S5": "26.08 0.20"}),
    Table("report 002, table 2", "least", _PSNR, {"S4": "16.50 -0.01", "S5": "16.66 -0.00"}),
    Table("report 002, table 3", "", _PSNR, {"S6": "6.03 -0.01"}),
    Table("report 002, table 3", "greatest", _PSNR, {"S6": "11.12 0.41"}),
    Table("report 002, table 3", "least", _PSNR, {"S6": "1.69 -0.36"}),
    Table(
        "report 003, table 1",
        "",
        _SINGH,
        {
            "A1": "32.29 31.97 15.14 21.72",
            "A2": "35.66 31.13 15.74 21.36",
            "A3": "29.50 35.39 14.43 22.15",
        },
    ),
    # Tables 2 to 5 repeat A1 beside these.
    Table("report 003, table 2", "", _SINGH, {"A4": "42.26 32.58 16.42 21.01"}),
    Table("report 003, table 3", "", _SINGH, {"A5": "29.43 32.92 15.56 21.55"}),
    Table("report 003, table 4", "", _SINGH, {"A7": "31.69 47.18 11.50 24.19"}),
    Table("report 003, table 5", "", _SINGH, {"A6": "70.73 5.57 24.21 18.33"}),
    Table(
        "report 003, table 6",
        "5,000 ImageNet images",
        (*_SINGH, "FPS"),
        {
            "A1": "16.75 32.98 16.00 21.56 28",
            "A2": "17.94 30.03 16.52 21.21 28",
            "A3": "16.66 32.56 16.04 21.54 28",
            "A4": "25.82 9.98 23.66 18.61 17",
            "A5": "16.82 30.32 17.41 20.94 23",
            "A6": "44.05 5.48 24.62 18.31 21",
            "A7": "15.84 43.36 13.01 23.68 28",
        },
    ),
    Table(
        "report 003, table 6",
        "elsewhere; 5,000 ImageNet images, cGAN on CIFAR",
        _SINGH,
        {"cGAN": "– 65.5 5.1 –", "pix2pix": "24.41 – – –", "Palette": "15.78 – – –"},
    ),
    # It repeats tables 1 to 6 but for this one figure.
    Table("report 003, table 7", "COCO, where it differs", ("MAE 0–255",), {"A5": "15.15"}),
    Table(
        "report 004, table 2",
        "",
        _BRUVIK,
        {
            "B1": "0.95026 21.4709",
            "B2": "0.89217 17.6496",
            "B3": "0.92358 19.9012",
            "B4": "0.93829 19.3556",
            "B5": "0.90014 19.0556",
        },
    ),
    Table(
        "report 004, table 2",
        "elsewhere; in the literature",
        _BRUVIK,
        {"typical": "0.94 –", "optimal": "1 22-25"},
    ),
    Table(
        "report 004, table 3",
        "losses",
        _LOSSES,
        {
            "B1": "0.9832335 13.1451198 0.5875823 9.4398253",
            "B1d": "0.8935475 17.1624052 0.0031525 15.1624052",
        },
    ),
]


def beside_ours(row: str) -> dict[str, str]:
    """Returns the figures of a row that stand beside our scores, by column."""
    found: dict[str, str] = {}
    for table in TABLES:
        if not table.part and row in table.rows:
            found |= table.figures(row)
    return found


def of_training_images(row: str) -> bool:
    """Returns whether a row has published scores of its training images."""
    return any(table.part == "training images" and row in table.rows for table in TABLES)
