"""What is printed on the cloth: words, numerals, stripes and the marks of a railway."""

from dataclasses import dataclass

from shop.demo.garments.lettering import line
from shop.demo.garments.tone import Tone


@dataclass(frozen=True)
class Print:
    """A printed motif; `ink` empty means the ink that reads on the cloth, `second` the motif's other colour."""

    motif: str
    text: str = ""
    ink: str = ""
    second: str = ""


@dataclass(frozen=True)
class Box:
    """Where a print goes: centre, top, and the room it has."""

    x: float
    y: float
    width: float
    height: float


def render(printed: Print | None, box: Box, ink: str) -> str:
    """Draw a motif into a box with `ink` where the print names no ink of its own.

    Raises:
        KeyError: the motif is unknown.
    """
    if printed is None:
        return ""
    return f'<g stroke="none">{MOTIFS[printed.motif](printed, box, printed.ink or ink)}</g>'


def _wordmark(printed: Print, box: Box, ink: str) -> str:
    return line(printed.text, x=box.x, y=box.y, height=min(34, box.height), colour=ink, fit=box.width)


def _stacked(printed: Print, box: Box, ink: str) -> str:
    """Set each word on its own line, all as wide as the box."""
    words = printed.text.split("/")
    height = min(30.0, box.height / len(words) * 0.74)
    return "".join(
        line(word, x=box.x, y=box.y + n * height * 1.32, height=height, colour=ink, fit=box.width)
        for n, word in enumerate(words)
    )


def _numeral(printed: Print, box: Box, ink: str) -> str:
    return line(printed.text, x=box.x, y=box.y, height=box.height, colour=ink, fit=box.width)


def _platform(printed: Print, box: Box, ink: str) -> str:
    """A numeral with a small word above, as on a platform sign."""
    word, number = printed.text.split("/")
    top = line(word, x=box.x, y=box.y, height=13, colour=printed.second or ink, fit=box.width)
    return top + line(number, x=box.x, y=box.y + 24, height=box.height - 24, colour=ink, fit=box.width)


def _small(printed: Print, box: Box, ink: str) -> str:
    """A chest mark on the wearer's left."""
    return line(
        printed.text, x=box.x + box.width * 0.3, y=box.y + 8, height=11, colour=ink, fit=box.width * 0.36
    )


def _rails(printed: Print, box: Box, ink: str) -> str:
    """Rails running away to the horizon."""
    x, y, w, h = box.x, box.y, box.width * 0.42, box.height * 0.72
    ties = ""
    for n in range(6):
        depth = (n / 5) ** 1.7
        half = 8 + (w - 8) * depth
        ties += f"M{x - half:.0f} {y + h * depth:.0f}H{x + half:.0f}"
    word = line(printed.text, x=x, y=y + h + 14, height=15, colour=ink, fit=box.width)
    return (
        f'<path d="{ties}" stroke="{printed.second or ink}" stroke-width="5"/>'
        f'<path d="M{x - 5:.0f} {y - 4:.0f}L{x - w * 0.66:.0f} {y + h:.0f}M{x + 5:.0f} {y - 4:.0f}'
        f'L{x + w * 0.66:.0f} {y + h:.0f}" stroke="{ink}" stroke-width="5" fill="none"/>{word}'
    )


def _route(printed: Print, box: Box, ink: str) -> str:
    """A line with its stops, the last one open."""
    left, right, y = box.x - box.width / 2, box.x + box.width / 2, box.y + 8
    stops = "".join(
        f'<circle cx="{left + box.width * n / 4:.0f}" cy="{y:.0f}" r="5.5" fill="{ink}"/>' for n in range(4)
    )
    end = f'<circle cx="{right:.0f}" cy="{y:.0f}" r="7" fill="none" stroke="{ink}" stroke-width="4"/>'
    track = (
        f'<path d="M{left:.0f} {y:.0f}H{right - 7:.0f}" stroke="{printed.second or ink}" stroke-width="5"/>'
    )
    return track + stops + end + line(printed.text, x=box.x, y=y + 20, height=24, colour=ink, fit=box.width)


def _signal(printed: Print, box: Box, ink: str) -> str:
    """A signal disc: ring, bar and word."""
    radius = min(box.width, box.height) * 0.36
    y = box.y + radius
    disc = f'<circle cx="{box.x:g}" cy="{y:.0f}" r="{radius:.0f}" fill="{printed.second or "none"}" '
    disc += f'stroke="{ink}" stroke-width="{radius * 0.22:.1f}"/>'
    bar = f'<path d="M{box.x - radius * 1.5:.0f} {y:.0f}H{box.x + radius * 1.5:.0f}" stroke="{ink}" '
    bar += f'stroke-width="{radius * 0.5:.0f}"/>'
    return (
        disc
        + bar
        + line(printed.text, x=box.x, y=y + radius + 16, height=14, colour=ink, fit=box.width * 0.8)
    )


def _barrier(printed: Print, box: Box, ink: str) -> str:
    """A level-crossing boom: slanting bars, with a word below."""
    left, top, bar = box.x - box.width / 2, box.y, 26
    slant = "".join(
        f"M{left + box.width * n / 7:.0f} {top + bar:.0f}l14 -{bar}h{box.width / 14:.0f}l-14 {bar}z"
        for n in range(7)
    )
    bars = f'<path d="{slant}" fill="{printed.second or ink}"/>'
    return bars + line(printed.text, x=box.x, y=top + bar + 12, height=26, colour=ink, fit=box.width)


def _sun(printed: Print, box: Box, ink: str) -> str:
    """Half a sun cut by horizontal lines."""
    radius = min(box.width * 0.4, box.height * 0.62)
    base = box.y + radius
    cuts = "".join(
        f"M{box.x - (radius**2 - d**2) ** 0.5:.0f} {base - d:.0f}H{box.x + (radius**2 - d**2) ** 0.5:.0f}"
        for d in (radius * share for share in (0.04, 0.2, 0.36, 0.52, 0.68, 0.84))
    )
    lines = f'<path d="{cuts}" stroke="{printed.second or ink}" stroke-width="{radius * 0.11:.1f}"/>'
    return lines + line(printed.text, x=box.x, y=base + 12, height=18, colour=ink, fit=box.width * 0.9)


def _blocks(printed: Print, box: Box, ink: str) -> str:
    """Quarter circles and squares, as laid tiles."""
    cell = min(box.width / 3, box.height / 3.2)
    left, top = box.x - cell * 1.5, box.y
    path, other = "", ""
    for n, kind in enumerate("qsrrqsqrq"[:6]):
        x, y = left + cell * (n % 3), top + cell * (n // 3)
        if kind == "q":
            path += f"M{x:.0f} {y:.0f}h{cell:.0f}a{cell:.0f} {cell:.0f} 0 0 1 -{cell:.0f} {cell:.0f}z"
        elif kind == "r":
            other += f"M{x + cell:.0f} {y + cell:.0f}h-{cell:.0f}a{cell:.0f} {cell:.0f} 0 0 1 {cell:.0f} -{cell:.0f}z"
        else:
            path += f"M{x:.0f} {y:.0f}h{cell:.0f}v{cell:.0f}h-{cell:.0f}z"
    tiles = f'<path d="{path}" fill="{ink}"/><path d="{other}" fill="{printed.second or ink}"/>'
    return tiles + line(printed.text, x=box.x, y=top + cell * 2 + 12, height=13, colour=ink, fit=cell * 3)


def _bands(printed: Print, box: Box, ink: str) -> str:
    """Three bands across the chest and a word under them."""
    left, w = box.x - box.width / 2, box.width
    inks = (ink, printed.second or ink, ink)
    bands = "".join(
        f'<path d="M{left:.0f} {box.y + n * 13:.0f}h{w:.0f}v8h-{w:.0f}z" fill="{paint}"/>'
        for n, paint in enumerate(inks)
    )
    return bands + line(printed.text, x=box.x, y=box.y + 50, height=18, colour=ink, fit=w)


def _frame(printed: Print, box: Box, ink: str) -> str:
    """A station sign: a word in a filled plate."""
    h = min(46.0, box.height)
    left = box.x - box.width / 2
    plate = f'<path d="M{left:.0f} {box.y:.0f}h{box.width:.0f}v{h:.0f}h-{box.width:.0f}z" fill="{ink}"/>'
    word = line(
        printed.text,
        x=box.x,
        y=box.y + h * 0.26,
        height=h * 0.48,
        colour=printed.second or Tone(ink).ink,
        fit=box.width * 0.84,
    )
    return plate + word


MOTIFS = {
    "wordmark": _wordmark,
    "stacked": _stacked,
    "numeral": _numeral,
    "platform": _platform,
    "small": _small,
    "rails": _rails,
    "route": _route,
    "signal": _signal,
    "barrier": _barrier,
    "sun": _sun,
    "blocks": _blocks,
    "bands": _bands,
    "frame": _frame,
}
