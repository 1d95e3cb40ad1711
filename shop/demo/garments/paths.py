"""Path arithmetic: a symmetrical garment is written once, as its right half."""

import re

Point = tuple[float, float]
Segment = tuple[str, list[Point]]

AXIS = 200.0
COUNTS = {"M": 2, "L": 2, "H": 1, "V": 1, "Q": 4, "C": 6}
TOKEN = re.compile(r"[MLHVQCZ]|-?\d+(?:\.\d+)?")


def parse(path: str) -> list[Segment]:
    """Read a path of absolute M, L, H, V, Q, C and Z commands; H and V become L.

    Raises:
        ValueError: another command is used.
    """
    if set(re.findall(r"[A-Za-z]", path)) - {*COUNTS, "Z"}:
        raise ValueError(f"only M, L, H, V, Q, C and Z can be mirrored: {path!r}")
    segments: list[Segment] = []
    numbers: list[float] = []
    command, here = "", (0.0, 0.0)
    for token in TOKEN.findall(path):
        if token.isalpha():
            command = token
            if command == "Z":
                segments.append(("Z", []))
            continue
        numbers.append(float(token))
        if len(numbers) < COUNTS[command]:
            continue
        if command in "HV":
            points = [(numbers[0], here[1]) if command == "H" else (here[0], numbers[0])]
        else:
            points = list(zip(numbers[::2], numbers[1::2], strict=True))
        segments.append(("L" if command in "HV" else command, points))
        here, numbers = points[-1], []
        command = "L" if command == "M" else command
    return segments


def flip(point: Point) -> Point:
    """Mirror a point at the vertical middle of the 400-wide sheet."""
    return 2 * AXIS - point[0], point[1]


def write(segments: list[Segment]) -> str:
    """Write segments back as a compact path."""
    return "".join(
        command + " ".join(f"{short(x)} {short(y)}" for x, y in points) for command, points in segments
    )


def short(number: float) -> str:
    """Write a coordinate with at most one decimal."""
    return f"{number:.1f}".removesuffix(".0")


def mirror(path: str) -> str:
    """Return the same path on the other side of the sheet."""
    return write([(command, [flip(p) for p in points]) for command, points in parse(path)])


def both(path: str) -> str:
    """Return the path and its mirror image as one path."""
    return write(parse(path)) + mirror(path)


def whole(half: str) -> str:
    """Close a right half, written from top middle to bottom middle, into the full symmetrical outline."""
    return write(_there_and_back(half)) + "Z"


def arch(half: str) -> str:
    """Join a right half, written from the middle outwards, with its mirror into one open line."""
    segments = parse(half)
    outward = write(segments)
    first = segments[0][1][0]
    back = _returning(segments)
    return write([("M", [flip(segments[-1][1][-1])]), *back]) + outward.removeprefix(write([("M", [first])]))


def _there_and_back(half: str) -> list[Segment]:
    segments = parse(half)
    return [*segments, *_returning(segments)]


def _returning(segments: list[Segment]) -> list[Segment]:
    """Return the mirrored segments in reverse, from the last point's image to the first's."""
    starts = [points[-1] for _, points in segments[:-1]]
    back: list[Segment] = []
    for (command, points), start in zip(reversed(segments[1:]), reversed(starts), strict=True):
        controls = [flip(p) for p in reversed(points[:-1])]
        back.append((command, [*controls, flip(start)]))
    return back


def lenses(path: str, swell: float) -> str:
    """Turn each M…Q or M…L stroke into a lens that swells by `swell` in its middle and tapers to its ends."""
    drawn = ""
    here = (0.0, 0.0)
    for command, points in parse(path):
        if command != "M":
            (x0, y0), (x1, y1) = here, points[-1]
            cx, cy = points[0] if command == "Q" else ((x0 + x1) / 2, (y0 + y1) / 2)
            length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5 or 1
            dx, dy = -(y1 - y0) / length * swell, (x1 - x0) / length * swell
            drawn += f"M{x0:.0f} {y0:.0f}Q{cx + dx:.0f} {cy + dy:.0f} {x1:.0f} {y1:.0f}"
            drawn += f"Q{cx - dx:.0f} {cy - dy:.0f} {x0:.0f} {y0:.0f}"
        here = points[-1]
    return drawn
