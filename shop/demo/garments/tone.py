"""Every colour of a drawing, derived from the one colour of the cloth."""

from dataclasses import dataclass

INK = "#1b1a16"
PAPER = "#f1ece0"


def channels(colour: str) -> tuple[int, int, int]:
    """Split ``#rrggbb`` into its three channels, 0–255."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def mix(colour: str, other: str, share: float) -> str:
    """Blend `share` (0–1) of `other` into `colour`."""
    pairs = zip(channels(colour), channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def luminance(colour: str) -> float:
    """Return the relative luminance (0–1) of an sRGB colour.

    Source: WCAG 2.2, https://www.w3.org/TR/WCAG22/#dfn-relative-luminance
    """
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (channel / 255 for channel in channels(colour))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@dataclass(frozen=True)
class Tone:
    """A cloth colour and what light, seams and thread make of it."""

    base: str

    @property
    def is_dark(self) -> bool:
        """Return whether shade disappears in this colour, so that light must draw the folds."""
        return luminance(self.base) < 0.055

    @property
    def shade(self) -> str:
        """Colour of a fold's shadow."""
        if self.is_dark:
            return mix(self.base, "#000000", 0.75)
        return mix(self.base, "#17100a", 0.62)

    @property
    def glow(self) -> str:
        """Colour of a fold's lit edge."""
        return mix(self.base, "#ffffff", 0.2 if self.is_dark else 0.45)

    @property
    def deep(self) -> str:
        """The same cloth turned away from the light: linings, insides, undersides."""
        return mix(self.base, "#0c0a07", 0.5 if self.is_dark else 0.42)

    @property
    def rib(self) -> str:
        """Ribbing takes the dye a little darker."""
        return mix(self.base, "#000000" if not self.is_dark else "#ffffff", 0.07)

    @property
    def edge(self) -> str:
        """Outline that separates one piece of cloth from the next."""
        return mix(self.base, "#ffffff", 0.14) if self.is_dark else mix(self.base, "#120d08", 0.4)

    @property
    def thread(self) -> str:
        """Tonal stitching."""
        return mix(self.base, "#ffffff", 0.3) if self.is_dark else mix(self.base, "#120d08", 0.48)

    @property
    def ink(self) -> str:
        """Printing ink that reads on this cloth."""
        return PAPER if luminance(self.base) < 0.22 else INK
