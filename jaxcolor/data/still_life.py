"""Still lifes among the drawn scenes: fruit on a wooden table, wallpaper, a clock."""

import math

import numpy as np

from jaxcolor.data.painting import Color, Painter, shade


def draw(p: Painter) -> None:
    """Draws one still life."""
    edge = p.between(0.5, 0.65)
    p.choose([_draw_stripes, _draw_dots, _draw_plaster])(p, edge)
    wood = p.color(26, 0.58, 0.35, 0.75)
    p.gradient(edge, 1, shade(wood, 1.1), shade(wood, 0.9))
    for y in np.linspace(edge, 1, 5):
        p.line(shade(wood, 0.6), 0.005, (0, y), (1, y))
    for x, depth in p.rng.uniform(0, 1, (60, 2)):
        y = edge + (1 - edge) * depth
        p.line(shade(wood, p.between(0.75, 1.2)), 0.002, (x, y), (x + p.between(0.05, 0.2), y))
    if p.chance(0.6):
        _draw_clock(p, p.between(0.25, 0.75), edge * 0.48)
    fruits = [_draw_apple, _draw_orange, _draw_banana, _draw_lemon, _draw_grapes, _draw_melon]
    for x in np.linspace(0.18, 0.82, p.rng.integers(2, 5)):
        r = p.between(0.08, 0.115)
        p.choose(fruits)(p, x + p.between(-0.04, 0.04), p.between(edge + 0.02, 0.9 - r), r)


def _draw_stripes(p: Painter, bottom: float) -> None:
    paper = p.color(175, 0.35, 0.5, 0.85)
    p.box(0, 0, 1, bottom, paper)
    for x in np.arange(0, 1, 0.1):
        p.box(x, 0, x + 0.045, bottom, shade(paper, 1.35))


def _draw_dots(p: Painter, bottom: float) -> None:
    paper = p.color(335, 0.35, 0.55, 0.9)
    p.box(0, 0, 1, bottom, paper)
    for row, y in enumerate(np.arange(0.04, bottom, 0.09)):
        for x in np.arange(0.04 + 0.045 * (row % 2), 1, 0.09):
            p.ellipse(x, y, 0.014, 0.014, shade(paper, 1.5))


def _draw_plaster(p: Painter, bottom: float) -> None:
    plaster = p.color(48, 0.25, 0.6, 0.95)
    p.gradient(0, bottom, plaster, shade(plaster, 0.9))


def _draw_clock(p: Painter, x: float, y: float) -> None:
    r = p.between(0.13, 0.19)
    p.ellipse(x, y, r, r, p.color(43, 0.65, 0.55, 0.85))
    p.ellipse(x, y, 0.85 * r, 0.85 * r, p.color(50, 0.05, 0.85, 1.0))
    ink = (25, 25, 28)

    def hand(angle: float, start: float, stop: float, width: float, fill: Color) -> None:
        dx, dy = math.sin(angle) * r, -math.cos(angle) * r
        p.line(fill, width, (x + start * dx, y + start * dy), (x + stop * dx, y + stop * dy))

    for hour in range(12):
        hand(hour * math.pi / 6, 0.68, 0.8, 0.008, ink)
    hand(p.between(0, 2 * math.pi), 0, 0.42, 0.014, ink)
    hand(p.between(0, 2 * math.pi), 0, 0.65, 0.009, ink)
    hand(p.between(0, 2 * math.pi), -0.15, 0.7, 0.006, (205, 35, 30))


def _draw_ball(p: Painter, x: float, y: float, rx: float, ry: float, color: Color) -> None:
    """A shaded ellipsoid, lit from the upper left, with its shadow on the table."""
    p.ellipse(x + 0.2 * rx, y + 0.9 * ry, rx, 0.25 * ry, (45, 30, 22))
    for step in np.linspace(0, 1, 8):
        fill = shade(color, 0.7 + 0.55 * step)
        scale = 1 - 0.75 * step
        p.ellipse(x - 0.25 * rx * step, y - 0.3 * ry * step, rx * scale, ry * scale, fill)


def _draw_apple(p: Painter, x: float, y: float, r: float) -> None:
    skin = p.color(2, 0.8, 0.45, 0.85)
    _draw_ball(p, x, y, r, 0.95 * r, skin)
    p.line((70, 45, 25), 0.012, (x, y - 0.75 * r), (x + 0.15 * r, y - 1.25 * r))
    leaf = p.color(105, 0.6, 0.4, 0.7)
    p.polygon(leaf, (x + 0.1 * r, y - r), (x + 0.6 * r, y - 1.35 * r), (x + 0.65 * r, y - r))


def _draw_orange(p: Painter, x: float, y: float, r: float) -> None:
    peel = p.color(29, 0.88, 0.65, 1.0)
    _draw_ball(p, x, y, r, r, peel)
    for angle, distance in p.rng.uniform((0, 0), (2 * math.pi, 0.85), (60, 2)):
        dot = (x + r * distance * math.cos(angle), y + r * distance * math.sin(angle))
        p.ellipse(*dot, 0.05 * r, 0.05 * r, shade(peel, 0.75))


def _draw_banana(p: Painter, x: float, y: float, r: float) -> None:
    peel = p.color(52, 0.75, 0.65, 1.0)
    arc = [
        (x - 1.4 * r * math.cos(t), y + 0.9 * r * math.sin(t)) for t in np.linspace(0.2, 2.9, 14)
    ]
    back = [(bx, by - 0.6 * r * math.sin(math.pi * i / 13)) for i, (bx, by) in enumerate(arc)]
    p.polygon(peel, *arc, *reversed(back))
    p.line(shade(peel, 0.7), 0.006, *back)
    for bx, by in (arc[0], arc[-1]):
        p.ellipse(bx, by, 0.1 * r, 0.1 * r, (80, 60, 30))


def _draw_lemon(p: Painter, x: float, y: float, r: float) -> None:
    peel = p.color(58, 0.7, 0.7, 1.0)
    tips = ((x - 1.35 * r, y), (x, y - 0.5 * r), (x + 1.35 * r, y), (x, y + 0.5 * r))
    p.polygon(shade(peel, 0.8), *tips)
    _draw_ball(p, x, y, 1.05 * r, 0.75 * r, peel)


def _draw_grapes(p: Painter, x: float, y: float, r: float) -> None:
    p.line((90, 110, 50), 0.012, (x, y - 0.7 * r), (x, y - 1.3 * r))
    skin = p.color(288, 0.6, 0.3, 0.65)
    for row, count in enumerate((4, 3, 3, 2, 1)):
        for column in range(count):
            gx = x + (column - (count - 1) / 2) * 0.45 * r
            gy = y + (row - 1.8) * 0.38 * r
            p.ellipse(
                gx, gy, 0.26 * r, 0.26 * r, shade(skin, p.between(0.8, 1.1)), shade(skin, 0.6)
            )
            p.ellipse(gx - 0.08 * r, gy - 0.08 * r, 0.07 * r, 0.07 * r, shade(skin, 1.5))


def _draw_melon(p: Painter, x: float, y: float, r: float) -> None:
    rings = (
        (1.3, p.color(125, 0.65, 0.3, 0.55)),
        (1.15, p.color(80, 0.25, 0.85, 0.95)),
        (1.05, p.color(355, 0.7, 0.65, 0.95)),
    )
    for scale, fill in rings:
        corners = p.points((x - scale * r, y - scale * r), (x + scale * r, y + scale * r))
        p.draw.pieslice(corners, 0, 180, fill)
    for angle in np.linspace(0.4, 2.7, 7):
        for distance in (0.45, 0.8):
            seed = (x + distance * r * math.cos(angle), y + distance * r * math.sin(angle))
            p.ellipse(*seed, 0.05 * r, 0.08 * r, (35, 20, 20))
