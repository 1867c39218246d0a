"""The canvas on which scenes are drawn, with its random numbers and colors."""

import colorsys
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

Color = tuple[int, int, int]


class Painter:
    """A square canvas in unit coordinates, y pointing down, with its own random numbers."""

    def __init__(self, rng: np.random.Generator, size: int):
        self.rng = rng
        self.size = size
        self.image = Image.new("RGB", (size, size))
        self.draw = ImageDraw.Draw(self.image)

    def between(self, low: float, high: float) -> float:
        """Draws a uniform number."""
        return float(self.rng.uniform(low, high))

    def chance(self, probability: float) -> bool:
        """Returns True with this probability."""
        return bool(self.rng.random() < probability)

    def choose(self, options: list) -> Callable:
        """Draws one of several functions."""
        return options[self.rng.integers(len(options))]

    def color(self, hue: float, saturation: float, low: float, high: float) -> Color:
        """A color of about this hue, in degrees, with a value between the bounds."""
        hue = (hue + self.between(-6, 6)) % 360 / 360
        saturation = min(1.0, saturation * self.between(0.85, 1.15))
        return _rgb(colorsys.hsv_to_rgb(hue, saturation, self.between(low, high)))

    def width(self, fraction: float) -> int:
        """Converts a fraction of the canvas to whole pixels, one at least."""
        return max(1, round(fraction * self.size))

    def points(self, *xy: tuple[float, float]) -> list[tuple[float, float]]:
        """Converts points to pixels."""
        return [(x * self.size, y * self.size) for x, y in xy]

    def ellipse(
        self, x: float, y: float, rx: float, ry: float, fill: Color, outline: Color | None = None
    ) -> None:
        """Draws an ellipse around (x, y)."""
        self.draw.ellipse(self.points((x - rx, y - ry), (x + rx, y + ry)), fill, outline)

    def box(self, x0: float, y0: float, x1: float, y1: float, fill: Color) -> None:
        """Draws a filled rectangle."""
        self.draw.rectangle(self.points((x0, y0), (x1, y1)), fill)

    def polygon(self, fill: Color, *xy: tuple[float, float]) -> None:
        """Draws a filled polygon."""
        self.draw.polygon(self.points(*xy), fill)

    def line(self, fill: Color, width: float, *xy: tuple[float, float]) -> None:
        """Draws a line through points."""
        self.draw.line(self.points(*xy), fill, self.width(width))

    def gradient(self, y0: float, y1: float, top: Color, bottom: Color) -> None:
        """Fills a band across the canvas."""
        start, stop = round(y0 * self.size), round(y1 * self.size)
        for row in range(start, stop):
            fill = mix(top, bottom, (row - start) / max(1, stop - start))
            self.draw.line([(0, row), (self.size, row)], fill)

    def glow(self, x: float, y: float, radius: float, tint: Color) -> None:
        """Brightens softly around a point."""
        mask = Image.new("L", self.image.size)
        corners = self.points((x - radius, y - radius), (x + radius, y + radius))
        ImageDraw.Draw(mask).ellipse(corners, 140)
        mask = mask.filter(ImageFilter.BoxBlur(self.width(radius / 2)))
        self.image.paste(tint, (0, 0), mask)


def _rgb(unit: tuple[float, float, float]) -> Color:
    red, green, blue = (round(255 * channel) for channel in unit)
    return red, green, blue


def mix(a: Color, b: Color, share: float) -> Color:
    """Mixes two colors; a share of 1 is the second."""
    red, green, blue = (round(x + (y - x) * share) for x, y in zip(a, b, strict=True))
    return red, green, blue


def shade(color: Color, factor: float) -> Color:
    """Darkens a color by a factor below 1, or whitens it by what the factor is above 1."""
    return mix((0, 0, 0), color, factor) if factor < 1 else mix(color, (255,) * 3, factor - 1)
