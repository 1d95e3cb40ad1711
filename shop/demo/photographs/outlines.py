"""Paths of the drawings as polygons: what Pillow can fill and stroke."""

import math
import re
from collections.abc import Iterator
from itertools import pairwise

Point = tuple[float, float]
# a, b, c, d, e, f as SVG writes it: x' = ax + cy + e, y' = bx + dy + f.
Matrix = tuple[float, float, float, float, float, float]

IDENTITY: Matrix = (1, 0, 0, 1, 0, 0)
_WORD = re.compile(r"[A-Za-z]|-?(?:\d+\.?\d*|\.\d+)")
_COUNTS = {"M": 2, "L": 2, "H": 1, "V": 1, "Q": 4, "T": 2, "C": 6, "A": 7}
_STEPS = 12  # Straight pieces of one curve: enough for 3 device pixels a unit.


def multiplied(outer: Matrix, inner: Matrix) -> Matrix:
    """Return the transformation that applies `inner` first."""
    a, b, c, d, e, f = outer
    p, q, r, s, t, u = inner
    return (a * p + c * q, b * p + d * q, a * r + c * s, b * r + d * s, a * t + c * u + e, b * t + d * u + f)


def transformation(text: str) -> Matrix:
    """Read an SVG transform of `matrix`, `translate` and `scale`."""
    matrix = IDENTITY
    for name, numbers in re.findall(r"(\w+)\(([^)]*)\)", text):
        values = [float(number) for number in re.split(r"[ ,]+", numbers.strip())]
        match name:
            case "matrix":
                step: Matrix = (values[0], values[1], values[2], values[3], values[4], values[5])
            case "translate":
                step = (1, 0, 0, 1, values[0], values[1] if len(values) > 1 else 0)
            case _:
                step = (values[0], 0, 0, values[-1], 0, 0)
        matrix = multiplied(matrix, step)
    return matrix


def polylines(path: str, matrix: Matrix = IDENTITY) -> list[list[Point]]:
    """Return each subpath as points; a closed one ends where it begins."""
    a, b, c, d, e, f = matrix
    return [
        [(a * x + c * y + e, b * x + d * y + f) for x, y in line] for line in _flat(path) if len(line) > 1
    ]


def _flat(path: str) -> Iterator[list[Point]]:
    line: list[Point] = []
    here: Point = (0.0, 0.0)
    control: Point | None = None
    for command, numbers in _commands(path):
        kind = command.upper()
        if kind in "MZ":
            if line and kind == "Z":
                line.append(line[0])
            if line:
                yield line
            if kind == "M":
                dx, dy = here if command == "m" else (0.0, 0.0)
                line = [(numbers[0] + dx, numbers[1] + dy)]
            else:
                line = line[:1]
            here, control = (line[0] if line else here), None
            continue
        points, control = _drawn(kind, numbers, here, control, is_relative=command.islower())
        line.extend(points)
        here = points[-1]
    if len(line) > 1:
        yield line


def _drawn(
    kind: str, numbers: list[float], here: Point, control: Point | None, *, is_relative: bool
) -> tuple[list[Point], Point | None]:
    """Return the points of one command, and the control point that a smooth curve after it continues."""
    x, y = here
    dx, dy = here if is_relative else (0.0, 0.0)
    match kind:
        case "H":
            return [(numbers[0] + dx, y)], None
        case "V":
            return [(x, numbers[0] + dy)], None
        case "L":
            return [(numbers[0] + dx, numbers[1] + dy)], None
        case "A":
            end = (numbers[5] + dx, numbers[6] + dy)
            return _arc(here, numbers[0], end, clockwise=numbers[4] > 0), None
        case "T":
            turned = (2 * x - control[0], 2 * y - control[1]) if control else here
            return _curve([here, turned, (numbers[0] + dx, numbers[1] + dy)]), turned
    corners = [(numbers[n] + dx, numbers[n + 1] + dy) for n in range(0, len(numbers), 2)]
    return _curve([here, *corners]), corners[0] if kind == "Q" else None


def _commands(path: str) -> Iterator[tuple[str, list[float]]]:
    command = ""
    numbers: list[float] = []
    for word in _WORD.findall(path):
        if word.isalpha():
            command, numbers = word, []
            if word in "Zz":
                yield word, []
            continue
        numbers.append(float(word))
        if len(numbers) == _COUNTS[command.upper()]:
            yield command, numbers
            numbers = []
            command = {"M": "L", "m": "l"}.get(command, command)


def _curve(corners: list[Point]) -> list[Point]:
    """Return a Bézier curve of any degree as points, without its first."""
    points = []
    for step in range(1, _STEPS + 1):
        t = step / _STEPS
        row = corners
        while len(row) > 1:
            row = [(p[0] + (q[0] - p[0]) * t, p[1] + (q[1] - p[1]) * t) for p, q in pairwise(row)]
        points.append(row[0])
    return points


def _arc(start: Point, radius: float, end: Point, *, clockwise: bool) -> list[Point]:
    """Return a circular arc, the short way round, as points without its first."""
    half = math.dist(start, end) / 2
    radius = max(radius, half)
    middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    away = math.sqrt(radius**2 - half**2) * (1 if clockwise else -1)
    unit = ((end[0] - start[0]) / (2 * half or 1), (end[1] - start[1]) / (2 * half or 1))
    centre = (middle[0] - unit[1] * away, middle[1] + unit[0] * away)
    first = math.atan2(start[1] - centre[1], start[0] - centre[0])
    last = math.atan2(end[1] - centre[1], end[0] - centre[0])
    turn = (last - first) % (2 * math.pi) if clockwise else -((first - last) % (2 * math.pi))
    return [
        (
            centre[0] + radius * math.cos(first + turn * step / _STEPS),
            centre[1] + radius * math.sin(first + turn * step / _STEPS),
        )
        for step in range(1, _STEPS + 1)
    ]


def dashed(line: list[Point], on: float, off: float) -> Iterator[list[Point]]:
    """Yield the dashes of a line."""
    dash, left, is_on = [line[0]], on, True
    for start, end in pairwise(line):
        length = math.dist(start, end)
        done = 0.0
        while length - done > left:
            done += left
            at = (
                start[0] + (end[0] - start[0]) * done / length,
                start[1] + (end[1] - start[1]) * done / length,
            )
            if is_on:
                yield [*dash, at]
            dash, is_on = [at], not is_on
            left = on if is_on else off
        left -= length - done
        dash.append(end)
    if is_on and len(dash) > 1:
        yield dash
