"""Synthetic pictures, drawn by the program, for trials without a data set.

Color follows from shape and texture, never from lightness alone: short upright strokes are
grass, flat ones are waves, a starry sky is a navy one, bricks are red and planks brown, and each
fruit has its form. Lightness varies widely, so that a network has to learn structure.
"""

import math

import numpy as np

from jaxcolor.data import still_life
from jaxcolor.data.painting import Painter, shade

_SUPERSAMPLING = 2


def render(seed: int, index: int, size: int) -> np.ndarray:
    """Draws one scene; equal arguments give equal pixels.

    Args:
        seed: of a series of scenes.
        index: the scene's position in the series.
        size: height and width in pixels.

    Returns:
        `[size, size, 3]` uint8, sRGB.
    """
    painter = Painter(np.random.default_rng([seed, index]), size * _SUPERSAMPLING)
    if painter.chance(0.6):
        _draw_landscape(painter)
    else:
        still_life.draw(painter)
    return np.asarray(painter.image.reduce(_SUPERSAMPLING))


def _draw_landscape(p: Painter) -> None:
    horizon = p.between(0.4, 0.65)
    night = p.chance(0.25)
    sea = p.chance(0.35)
    (_draw_night_sky if night else p.choose([_draw_day_sky, _draw_day_sky, _draw_dusk]))(p, horizon)
    if p.chance(0.4):
        _draw_hills(p, horizon, night)
    dim = 0.35 if night else 1.0
    (_draw_sea if sea else _draw_grass)(p, horizon, dim)
    if sea:
        if p.chance(0.6):
            _draw_boat(p, p.between(0.2, 0.8), p.between(horizon + 0.03, 0.85), dim)
        if p.chance(0.5):
            _draw_beach(p, dim)
        return
    places = list(np.linspace(0.15, 0.85, 4) + p.rng.uniform(-0.07, 0.07, 4))
    p.rng.shuffle(places)
    for x in places[: p.rng.integers(1, 5)]:
        y = p.between(horizon + 0.05, 0.92)
        thing = p.choose([_draw_tree, _draw_pine, _draw_house, _draw_house])
        thing(p, x, y, 0.45 * (y - horizon) + 0.12, dim)


def _draw_day_sky(p: Painter, horizon: float) -> None:
    zenith = p.color(212, 0.62, 0.65, 0.95)
    p.gradient(0, horizon, zenith, shade(zenith, 1.5))
    for _ in range(p.rng.integers(0, 4)):
        x, y, r = p.between(0, 1), p.between(0.05, horizon * 0.7), p.between(0.05, 0.1)
        for _ in range(6):
            puff = p.color(210, 0.05, 0.88, 1.0)
            p.ellipse(x + p.between(-1.5, 1.5) * r, y + p.between(-0.3, 0.3) * r, r, r * 0.6, puff)


def _draw_dusk(p: Painter, horizon: float) -> None:
    zenith = p.color(280, 0.45, 0.4, 0.65)
    p.gradient(0, horizon, zenith, p.color(24, 0.8, 0.9, 1.0))
    x, r = p.between(0.2, 0.8), p.between(0.06, 0.1)
    p.glow(x, horizon, 2.5 * r, (255, 190, 90))
    p.ellipse(x, horizon, r, r, p.color(42, 0.55, 0.98, 1.0))
    for _ in range(5):
        y, left = p.between(0.2, 0.95) * horizon, p.between(-0.2, 0.8)
        streak = p.color(350, 0.5, 0.6, 0.85)
        p.line(streak, 0.008, (left, y), (left + p.between(0.1, 0.4), y))


def _draw_night_sky(p: Painter, horizon: float) -> None:
    zenith = p.color(232, 0.75, 0.1, 0.28)
    p.gradient(0, horizon, zenith, shade(zenith, 1.15))
    for x, y, r in p.rng.uniform((0, 0, 0.002), (1, horizon, 0.006), (40, 3)):
        p.ellipse(x, y, r, r, p.color(50, 0.12, 0.75, 1.0))
    x, y, r = p.between(0.15, 0.85), p.between(0.12, horizon * 0.5), p.between(0.05, 0.08)
    p.glow(x, y, 2 * r, shade(zenith, 1.5))
    p.ellipse(x, y, r, r, p.color(50, 0.2, 0.92, 1.0))
    if p.chance(0.5):
        p.ellipse(x + 0.4 * r, y - 0.1 * r, 0.9 * r, 0.9 * r, zenith)


def _draw_hills(p: Painter, horizon: float, night: bool) -> None:
    fill = p.color(225, 0.35, 0.12, 0.2) if night else p.color(215, 0.3, 0.5, 0.75)
    phase, height = p.between(0, 6), p.between(0.05, 0.14)
    crest = [
        (x, horizon - height * (0.6 + 0.4 * math.sin(5 * x + phase) * math.cos(3 * x)))
        for x in np.linspace(0, 1, 24)
    ]
    p.polygon(fill, (0, horizon), *crest, (1, horizon))


def _draw_grass(p: Painter, horizon: float, dim: float) -> None:
    base = p.color(100, 0.62, 0.35 * dim, 0.75 * dim)
    p.gradient(horizon, 1, shade(base, 1.1), base)
    for x, depth in p.rng.uniform(0, 1, (260, 2)):
        y = horizon + (1 - horizon) * depth
        blade = shade(base, p.between(0.65, 1.35))
        height = 0.015 + 0.05 * depth
        p.line(blade, 0.003, (x, y), (x + p.between(-0.01, 0.01), y - height))


def _draw_sea(p: Painter, horizon: float, dim: float) -> None:
    base = p.color(200, 0.68, 0.35 * dim, 0.8 * dim)
    p.gradient(horizon, 1, shade(base, 1.15), base)
    for x, depth in p.rng.uniform(0, 1, (130, 2)):
        y = horizon + (1 - horizon) * depth
        half = 0.015 + 0.05 * depth
        wave = shade(base, p.between(0.75, 1.45))
        p.line(wave, 0.004, (x - half, y), (x, y - 0.12 * half), (x + half, y))


def _draw_beach(p: Painter, dim: float) -> None:
    top = p.between(0.78, 0.9)
    sand = p.color(40, 0.42, 0.65 * dim, 0.95 * dim)
    p.polygon(sand, (0, top), (0.5, top + p.between(-0.05, 0.05)), (1, top), (1, 1), (0, 1))
    for x, depth in p.rng.uniform(0, 1, (220, 2)):
        y = top + 0.03 + (0.97 - top) * depth
        p.ellipse(x, y, 0.003, 0.003, shade(sand, p.between(0.7, 1.3)))


def _draw_boat(p: Painter, x: float, y: float, dim: float) -> None:
    s = p.between(0.07, 0.13)
    hull = p.color(5, 0.75, 0.45 * dim, 0.85 * dim)
    p.polygon(hull, (x - s, y - 0.3 * s), (x + s, y - 0.3 * s), (x + 0.6 * s, y), (x - 0.7 * s, y))
    sail = p.color(40, 0.06, 0.85 * dim, 1.0 * dim)
    p.polygon(sail, (x, y - 2 * s), (x, y - 0.4 * s), (x + 0.9 * s, y - 0.4 * s))
    p.line(shade(hull, 0.4), 0.006, (x, y - 2.1 * s), (x, y - 0.3 * s))


def _draw_tree(p: Painter, x: float, y: float, s: float, dim: float) -> None:
    trunk = p.color(25, 0.55, 0.25 * dim, 0.5 * dim)
    p.polygon(
        trunk, (x - 0.08 * s, y), (x - 0.05 * s, y - s), (x + 0.05 * s, y - s), (x + 0.08 * s, y)
    )
    leaves = p.color(115, 0.6, 0.3 * dim, 0.65 * dim)
    for dx, dy in p.rng.uniform((-0.35, -0.3), (0.35, 0.3), (14, 2)):
        r = p.between(0.16, 0.26) * s
        p.ellipse(x + dx * s, y - 1.15 * s + dy * s, r, r, shade(leaves, p.between(0.75, 1.15)))
    for dx, dy in p.rng.normal(0, 0.22, (70, 2)):
        speck = shade(leaves, p.between(0.55, 1.4))
        p.ellipse(x + dx * s, y - 1.15 * s + dy * s, 0.02 * s, 0.012 * s, speck)


def _draw_pine(p: Painter, x: float, y: float, s: float, dim: float) -> None:
    p.box(x - 0.05 * s, y - 0.3 * s, x + 0.05 * s, y, p.color(25, 0.5, 0.2 * dim, 0.4 * dim))
    needles = p.color(145, 0.6, 0.22 * dim, 0.5 * dim)
    for level in range(4):
        top, half = y - s * (1.7 - 0.32 * level), s * (0.18 + 0.09 * level)
        fill = shade(needles, 1.12 - 0.1 * level)
        p.polygon(fill, (x, top), (x + half, top + 0.5 * s), (x - half, top + 0.5 * s))


def _draw_house(p: Painter, x: float, y: float, s: float, dim: float) -> None:
    left, right, top = x - 0.6 * s, x + 0.6 * s, y - 0.8 * s
    if p.chance(0.55):  # bricks
        wall = p.color(8, 0.6, 0.4 * dim, 0.8 * dim)
        p.box(left, top, right, y, wall)
        mortar = shade(wall, 1.4)
        for row, height in enumerate(np.linspace(top, y, 10)[1:]):
            p.line(mortar, 0.003, (left, height), (right, height))
            for column in np.linspace(left, right, 9)[1:-1] + (row % 2) * 0.07 * s:
                p.line(mortar, 0.003, (column, height - 0.088 * s), (column, height))
    else:  # planks
        wall = p.color(32, 0.45, 0.4 * dim, 0.85 * dim)
        p.box(left, top, right, y, wall)
        for column in np.linspace(left, right, 10)[1:-1]:
            p.line(shade(wall, 0.65), 0.004, (column, top), (column, y))
    roof = p.color(220, 0.18, 0.25 * dim, 0.5 * dim)
    p.polygon(roof, (left - 0.1 * s, top), (x, top - 0.5 * s), (right + 0.1 * s, top))
    lit = dim < 1
    pane = p.color(50, 0.65, 0.9, 1.0) if lit else p.color(205, 0.3, 0.55, 0.85)
    for wx in (x - 0.35 * s, x + 0.35 * s):
        p.box(wx - 0.12 * s, top + 0.18 * s, wx + 0.12 * s, top + 0.45 * s, pane)
        p.line(shade(roof, 0.6), 0.004, (wx, top + 0.18 * s), (wx, top + 0.45 * s))
    door = p.color(150, 0.5, 0.25 * dim, 0.5 * dim)
    p.box(x - 0.1 * s, y - 0.4 * s, x + 0.1 * s, y, door)
