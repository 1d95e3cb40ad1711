"""The sheet a garment is drawn on: pieces of cloth with folds, seams, stitches and a soft shadow beneath."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from shop.demo.garments.paths import lenses
from shop.demo.garments.tone import Tone

SHEET = "0 0 400 500"
WHOLE = 'filterUnits="userSpaceOnUse" x="0" y="0" width="400" height="500"'
BLUR = f'<filter id="f" {WHOLE}><feGaussianBlur stdDeviation="3.4"/></filter>'
GROUND = f'<filter id="s" {WHOLE}><feDropShadow dx="0" dy="7" stdDeviation="8" flood-opacity=".24"/></filter>'
MIRROR = 'transform="matrix(-1 0 0 1 400 0)"'
# Weaves drawn only in the detail views, where cloth is seen from near: tile size, path, stroke width
WEAVES = {
    "jersey": (3, "M.5 0V3M2 0V3", 0.35),
    "twill": (4, "M-1 1L1 -1M0 4L4 0M3 5L5 3", 0.7),
    "fleece": (3, "M0 .5L1.5 2L3 .5", 0.45),
    "canvas": (4, "M0 1H4M0 3H4M1 0V4M3 0V4", 0.4),
    "nylon": (9, "M0 0H9V9", 0.35),
    "rib": (5, "M1 0V5M3.5 0V5", 0.8),
}


@dataclass
class Sheet:
    """Collects the parts of one drawing, back to front, and writes them as SVG."""

    tone: Tone
    weave: str = ""
    pattern: str = ""
    parts: list[str] = field(default_factory=list)
    shapes: list[str] = field(default_factory=list)
    tones: list[Tone] = field(default_factory=list)
    clipped: set[int] = field(default_factory=set)
    fence: int = 0

    def piece(self, path: str, *, fill: str = "", folds: str = "", lit: str = "", soft: float = 9) -> int:
        """Lay a piece of cloth and return its number.

        `folds` and `lit` are open paths, blurred and kept inside the piece: shadows and lit ridges of its drape;
        `soft` is half their width at the middle. The cloth's pattern is printed only where `fill` is left out.
        """
        number = len(self.shapes)
        self.shapes.append(path)
        self.tones.append(Tone(fill) if fill else self.tone)
        paints = [fill or self.tone.base, "url(#v)"]
        if self.pattern and not fill:
            paints.insert(1, "url(#n)")
        if self.weave:
            paints.append("url(#w)")
        self.parts += [f'<use href="#p{number}" fill="{paint}"/>' for paint in paints]
        if folds or lit:
            self.folds(number, folds=folds, lit=lit, soft=soft)
        return number

    def folds(
        self, number: int, *, folds: str = "", lit: str = "", soft: float = 9, opacity: float = 0.5
    ) -> None:
        """Blur shadows and lit ridges onto piece `number`."""
        tone = self.tones[number]
        shadows = f'<path d="{lenses(folds, soft)}" fill="{tone.shade}"/>' if folds else ""
        ridges = f'<path d="{lenses(lit, soft * 0.9)}" fill="{tone.glow}"/>' if lit else ""
        blurred = f'<g filter="url(#f)" stroke="none" opacity="{opacity:g}">{shadows}{ridges}</g>'
        self.inside(number, blurred)

    @contextmanager
    def mirrored(self) -> Iterator[None]:
        """Draw what is laid within once on the right, and again as its mirror image on the left."""
        start = self.fence = len(self.parts)
        yield
        name = f"m{start}"
        self.parts[start:] = [f'<g id="{name}">', *self.parts[start:], f'</g><use href="#{name}" {MIRROR}/>']

    def inside(self, number: int, drawn: str) -> None:
        """Keep `drawn` within the outline of piece `number`."""
        self.clipped.add(number)
        self.parts.append(f'<g clip-path="url(#c{number})">{drawn}</g>')

    def band(self, number: int, path: str, colour: str, width: float, *, ribs: bool = False) -> None:
        """Bind the edge of piece `number` that runs along `path`, on the inside."""
        drawn = f'<path d="{path}" stroke-width="{2 * width + 1.6:g}"/>'
        drawn += f'<path d="{path}" stroke="{colour}" stroke-width="{2 * width:g}"/>'
        if ribs:
            drawn += f'<path d="{path}" stroke-width="{2 * width:g}" stroke-dasharray="1 4"/>'
        self.inside(number, drawn)
        self.line(path)

    def ribs(self, number: int, spine: str, height: float, *, gap: float = 5) -> None:
        """Knit ribs into piece `number`, across a `spine` that runs along it."""
        tone = self.tones[number]
        colour = f' stroke="{tone.edge}"' if tone != self.tone else ""
        self.inside(
            number, f'<path d="{spine}" stroke-width="{height:g}" stroke-dasharray="1 {gap:g}"{colour}/>'
        )

    def line(self, path: str, *, colour: str = "", width: float = 1.3, dash: str = "", cap: str = "") -> None:
        """Draw a crisp line: a seam, a cord, an edge."""
        extra = f' stroke="{colour}"' if colour and colour != self.tone.edge else ""
        extra += f' stroke-width="{width:g}"' if width != 1 else ""
        extra += f' stroke-dasharray="{dash}"' if dash else ""
        extra += f' stroke-linecap="{cap}"' if cap else ""
        end = f'"{extra}/>'
        before = self.parts[-1] if len(self.parts) > self.fence else ""
        is_alike = before.endswith(end) and before.removesuffix(end).count('"') == 1
        if before.startswith('<path d="M') and is_alike and "fill" not in before:
            self.parts[-1] = before.removesuffix(end) + path + end
        else:
            self.parts.append(f'<path d="{path}{end}')

    def stitch(self, path: str, *, colour: str = "", width: float = 1) -> None:
        """Sew a dashed line of thread."""
        self.line(path, colour=colour or self.tone.thread, width=width, dash="3.2 2")

    def shape(self, path: str, *, fill: str, edge: str = "", width: float = 1) -> None:
        """Fill a small part that needs no drape: a button, a label, a pocket (woven like the rest)."""
        stroke = f' stroke="{edge or "none"}"' + (f' stroke-width="{width:g}"' if width != 1 else "")
        self.parts.append(f'<path d="{path}" fill="{fill}"{stroke}/>')
        if self.weave and fill == self.tone.base:
            self.parts.append(f'<path d="{path}" fill="url(#w)"/>')

    def dots(self, points: str, *, radius: float, fill: str, edge: str = "") -> None:
        """Set round parts (buttons, rivets, eyelets) at ``"x,y x,y"``."""
        stroke = f' stroke="{edge or "none"}"'
        for point in points.split():
            x, y = point.split(",")
            self.parts.append(f'<circle cx="{x}" cy="{y}" r="{radius:g}" fill="{fill}"{stroke}/>')

    def add(self, drawn: str) -> None:
        """Add finished SVG: lettering, a print."""
        self.parts.append(drawn)

    def svg(self, *, view_box: str = SHEET) -> str:
        """Write the drawing; `view_box` crops it."""
        defs = [BLUR, self._volume()]
        for number, path in enumerate(self.shapes):
            outline = f'<path id="p{number}" d="{path}"/>'
            defs.append(
                f'<clipPath id="c{number}">{outline}</clipPath>' if number in self.clipped else outline
            )
        if self.weave:
            defs.append(self._weave())
        if self.pattern:
            defs.append(self.pattern)
        shadow = ""
        if view_box == SHEET:
            defs.append(GROUND)
            shadow = ' filter="url(#s)"'
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{view_box}" width="800" height="1000">'
            f"<defs>{''.join(defs)}</defs>"
            f'<g fill="none" stroke="{self.tone.edge}" stroke-linejoin="round"{shadow}>{"".join(self.parts)}</g></svg>\n'
        )

    def _volume(self) -> str:
        """Shade every piece from its lit left to its turned-away right."""
        strength = (0.3, 0.38) if self.tone.is_dark else (0.16, 0.3)
        stops = "".join(
            f'<stop offset="{offset}" stop-color="{self.tone.shade}" stop-opacity="{opacity}"/>'
            for offset, opacity in ((0, strength[0]), (0.22, 0), (0.62, 0), (1, strength[1]))
        )
        return f'<linearGradient id="v">{stops}</linearGradient>'

    def _weave(self) -> str:
        size, path, width = WEAVES[self.weave]
        return (
            f'<pattern id="w" width="{size}" height="{size}" patternUnits="userSpaceOnUse">'
            f'<path d="{path}" fill="none" stroke="{self.tone.thread}" stroke-width="{width}" opacity=".38"/></pattern>'
        )
