"""What a drawing function is given: cloth, trim, prints, pattern and the side to show."""

from dataclasses import dataclass

from shop.demo.garments.canvas import Sheet
from shop.demo.garments.prints import Box, Print, render
from shop.demo.garments.tone import Tone


@dataclass(frozen=True)
class Look:
    """One product in one colour, ready to be drawn.

    `accent` colours trims (cords, soles, bands, contrast panels); `thread` makes contrast stitching;
    `pattern` is one of `PATTERNS`, printed in `accent`.
    """

    colour: str
    accent: str = ""
    thread: str = ""
    front: Print | None = None
    back: Print | None = None
    pattern: str = ""

    @property
    def tone(self) -> Tone:
        """Tones of the cloth."""
        return Tone(self.colour)

    @property
    def trim(self) -> str:
        """The accent, or the ink that reads on the cloth."""
        return self.accent or self.tone.ink

    def sheet(self, weave: str) -> Sheet:
        """Open a sheet in this look's colours; `weave` is empty but for the detail view."""
        return Sheet(self.tone, weave=weave, pattern=self._pattern())

    def printed(self, side: str, box: Box) -> str:
        """Render the print of ``"front"`` or ``"back"`` into a box."""
        return render(self.front if side == "front" else self.back, box, self.tone.ink)

    def sheet_label(self, box: Box) -> str:
        """Render the front print onto a label of the contrast ink."""
        return render(self.front, box, self.colour)

    def _pattern(self) -> str:
        if not self.pattern:
            return ""
        width, height, opacity, paths = PATTERNS[self.pattern]
        drawn = "".join(f'<path d="{path}" stroke="none"/>' for path in paths)
        return (
            f'<pattern id="n" width="{width}" height="{height}" patternUnits="userSpaceOnUse">'
            f'<g fill="{self.trim}" fill-opacity="{opacity:g}">{drawn}</g></pattern>'
        )


# name: tile width, tile height, opacity, filled paths
PATTERNS: dict[str, tuple[int, int, float, tuple[str, ...]]] = {
    "stripes": (40, 26, 1, ("M0 0H40V9H0Z",)),
    "pinstripes": (16, 40, 1, ("M0 0H1.6V40H0Z",)),
    "check": (32, 32, 0.5, ("M0 0H16V32H0Z", "M0 0H32V16H0Z")),
    "wide": (40, 84, 1, ("M0 0H40V42H0Z",)),
    "wales": (7, 20, 0.35, ("M0 0H2.4V20H0Z",)),
    "dots": (22, 22, 1, ("M5 1L9 5L5 9L1 5ZM16 12L20 16L16 20L12 16Z",)),
    "sparks": (
        34,
        34,
        1,
        ("M8 2L10 8L16 10L10 12L8 18L6 12L0 10L6 8ZM25 19L27 25L33 27L27 29L25 35L23 29L17 27L23 25Z",),
    ),
}
