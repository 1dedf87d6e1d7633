"""Line charts as SVG, with nothing but text."""

import math
from html import escape

COLOURS = ("#0b5fa5", "#d1495b", "#3a7d44", "#8d5fb4", "#c77d0a", "#555555")
WIDTH, HEIGHT = 820, 440
LEFT, RIGHT, TOP, BOTTOM = 70, 270, 50, 70


class Axis:
    """Positions of values between two pixels: linear, logarithmic, or one place after the other for names."""

    def __init__(self, label, ticks, begin, end, logarithmic=False):
        self.label, self.ticks, self.logarithmic = label, ticks, logarithmic
        self.begin, self.end = begin, end
        values = [value for value, _ in ticks]
        self.low, self.high = self._scaled(min(values)), self._scaled(max(values))

    def _scaled(self, value):
        return math.log10(value) if self.logarithmic else value

    def place(self, value):
        share = (self._scaled(value) - self.low) / (self.high - self.low)
        return self.begin + share * (self.end - self.begin)


class Series:
    """A line of the chart: points (x, y). Series of the same `kind` have the same colour and sign."""

    def __init__(self, name, points, kind, dashed=False):
        self.name, self.points, self.kind, self.dashed = name, points, kind, dashed


def text(x, y, content, anchor="middle", size=13, extra=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" {extra}>{escape(content)}</text>'


def marker(kind, x, y, colour):
    """A sign of its own for each kind, so that no colour is needed to tell them apart."""
    shapes = (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5"',
        f'<rect x="{x - 4:.1f}" y="{y - 4:.1f}" width="8" height="8"',
        f'<path d="M{x:.1f} {y - 5.5:.1f} l5 9.5 h-10 z"',
        f'<path d="M{x:.1f} {y - 6:.1f} l6 6 l-6 6 l-6 -6 z"',
        f'<path d="M{x:.1f} {y + 5.5:.1f} l5 -9.5 h-10 z"',
        f'<rect x="{x - 5:.1f}" y="{y - 2.5:.1f}" width="10" height="5"',
    )
    return f'{shapes[kind % len(shapes)]} fill="{colour}"/>'


def axes(title, horizontal, vertical):
    """Title, grid, ticks and labels."""
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    parts = [text((LEFT + right) / 2, 26, title, size=16, extra='font-weight="bold"')]
    for value, name in vertical.ticks:
        y = vertical.place(value)
        parts.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" stroke="#dddddd"/>')
        parts.append(text(LEFT - 8, y + 4, name, anchor="end"))
    for value, name in horizontal.ticks:
        x = horizontal.place(value)
        parts.append(f'<line x1="{x:.1f}" y1="{bottom}" x2="{x:.1f}" y2="{bottom + 5}" stroke="black"/>')
        parts.append(text(x, bottom + 20, name))
    parts.append(f'<path d="M{LEFT} {TOP} V{bottom} H{right}" fill="none" stroke="black"/>')
    parts.append(text((LEFT + right) / 2, HEIGHT - 18, horizontal.label))
    middle = (TOP + bottom) / 2
    parts.append(text(20, middle, vertical.label, extra=f'transform="rotate(-90 20 {middle:.1f})"'))
    return parts


def series_parts(index, series, horizontal, vertical):
    """The line, the signs on it, and its entry in the legend."""
    colour = COLOURS[series.kind % len(COLOURS)]
    dash = ' stroke-dasharray="6 4"' if series.dashed else ""
    places = [(horizontal.place(x), vertical.place(y)) for x, y in series.points]
    parts = []
    if places:
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>')
        parts += [marker(series.kind, x, y, colour) for x, y in places]
    x, y = WIDTH - RIGHT + 18, TOP + 12 + 24 * index
    parts.append(f'<line x1="{x}" y1="{y}" x2="{x + 26}" y2="{y}" stroke="{colour}" stroke-width="2"{dash}/>')
    parts.append(marker(series.kind, x + 13, y, colour))
    parts.append(text(x + 34, y + 4, series.name, anchor="start"))
    return parts


def chart(title, horizontal, vertical, all_series, note=""):
    """The whole picture. `horizontal` and `vertical`: label, ticks as (value, name), whether logarithmic."""
    horizontal = Axis(horizontal[0], horizontal[1], LEFT + 12, WIDTH - RIGHT - 12, horizontal[2])
    vertical = Axis(vertical[0], vertical[1], HEIGHT - BOTTOM, TOP, vertical[2])
    parts = axes(title, horizontal, vertical)
    for index, series in enumerate(all_series):
        parts += series_parts(index, series, horizontal, vertical)
    for number, line in enumerate(note.split("\n") if note else []):
        parts.append(text(WIDTH - RIGHT + 18, TOP + 40 + 24 * len(all_series) + 17 * number, line, anchor="start", size=12))
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'font-family="DejaVu Sans, Helvetica, Arial, sans-serif">\n<rect width="100%" height="100%" fill="white"/>\n{body}\n</svg>\n')
