"""How a picture is written into a page: the one place that writes `<picture>`.

The browser chooses among the renditions by format and by the width that the picture has in the page (`PLACES`). While
there are none (a worker makes them within seconds of the upload) the picture itself is shown; so are drawings (SVG).
Nothing is converted while a page is asked for.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.core.files.storage import default_storage
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from shop.core.pictures.renditions import Renditions

_TYPES: Final = {"avif": "image/avif", "webp": "image/webp", "jpg": "image/jpeg"}
# Nothing: what an <img> shows where none of its sources applies.
_SMALL: Final = re.compile(r"^(.*/[0-9a-f]{32}\w*-r\d+-\d+)\.(jpg|webp)$")
_BLANK: Final = "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA="


@dataclass(frozen=True, slots=True)
class Place:
    """Where pictures stand: how wide they are there (the attribute `sizes`), and the widest rendition offered."""

    sizes: str
    most: int


# The widths follow from `.grid`, `.gallery`, `.hero` and `.doors` in static/css; a test compares the
# breakpoints with the style sheets.
PLACES: Final[Mapping[str, Place]] = {
    # On a phone a picture has 50vw - 1.375rem. It is given a pixel less: on 412 pixels of 1.75 that is the rendition of
    # 320, whereas for two physical pixels more browsers take the one of 480, which has nearly twice the bytes.
    "card": Place(
        "(min-width: 100rem) 23rem, (min-width: 64rem) calc(25vw - 2rem), "
        "(min-width: 40rem) calc(33.3vw - 1.8rem), calc(50vw - 1.45rem)",
        960,
    ),
    "gallery": Place("(min-width: 100rem) 54rem, (min-width: 64rem) 55vw, min(100vw, 44vh)", 1600),
    "gallery-half": Place("(min-width: 100rem) 27rem, (min-width: 64rem) 28vw, min(100vw, 44vh)", 1600),
    "hero": Place("(min-width: 56rem) 47vw, 100vw", 1600),
    # Shown whole, so that its width follows from the height there is: four fifths of it, or less.
    "cutout": Place("(min-width: 56rem) 47vw, min(64vw, 29vh)", 1600),
    "door": Place("(min-width: 100rem) 31rem, (min-width: 48rem) calc(33.3vw - 1.8rem), 78vw", 1280),
    "full": Place("100vw", 1600),
}


@dataclass(frozen=True, slots=True)
class Picture:
    """A stored picture as pages show it: its file, size in pixels, words, focal point in per cent, and renditions.

    Frozen and small, so that it may be kept in the cache with what it belongs to.
    """

    file: str
    alt: str = ""
    width: int | None = None
    height: int | None = None
    focus_x: int = 50
    focus_y: int = 50
    renditions: Renditions | None = None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Picture":
        """Return the picture of a row's columns: `file`, and those of the others that were read."""
        get, file = row.get, row["file"]
        stored = get("renditions")
        renditions = Renditions.read(file, stored) if stored else None
        # By place: a list makes two for each of its cards.
        return cls(
            file,
            get("alt") or "",
            get("width"),
            get("height"),
            get("focus_x", 50),
            get("focus_y", 50),
            renditions,
        )

    @property
    def is_tall(self) -> bool:
        """Whether it is no wider than four fifths of its height, as pictures of garments are."""
        return bool(self.width and self.height) and 5 * (self.width or 0) <= 4 * (self.height or 0)

    @property
    def url(self) -> str:
        """The address of the picture itself."""
        return default_storage.url(self.file)

    @property
    def small_url(self) -> str:
        """The address of the smallest rendition that everything shows (mails, providers' pages), else `url`."""
        made = self.renditions
        if not made or not made.widths:
            return self.url
        return default_storage.url(made.name(made.widths[0], made.formats[-1]))

    @property
    def largest_url(self) -> str:
        """The address of the widest rendition that everything shows, else `url`."""
        made = self.renditions
        if not made or not made.widths:
            return self.url
        return default_storage.url(made.name(made.widths[-1], made.formats[-1]))

    @property
    def share_url(self) -> str:
        """The address of the JPEG for other sites; "" while there is none."""
        return default_storage.url(self.renditions.share) if self.renditions else ""

    def srcset(self, form: str, most: int) -> str:
        """Return the attribute `srcset` for one format: the renditions up to so many pixels wide."""
        made = self.renditions
        widths = [width for width in made.widths if width <= most] if made else []
        if made is None or not widths:
            return ""
        first = default_storage.url(made.name(widths[0], form))
        stem = first.removesuffix(f"{widths[0]}.{form}")
        return ", ".join(f"{stem}{width}.{form} {width}w" for width in widths)


def write(picture: Picture, place: str, *, alt: str = "", first: bool = False, css: str = "") -> SafeString:
    """Write the picture; `first` is the one that a page begins with: it is loaded before others, at once.

    `alt` is what those hear who do not see it; "" where the words beside it say the same.
    """
    attributes = _attributes(picture, alt, css)
    attributes += ' fetchpriority="high"' if first else ' loading="lazy" decoding="async"'
    made = picture.renditions
    if made is None or not made.widths:
        return mark_safe(f'<picture><img src="{escape(picture.url)}"{attributes}></picture>')
    if place == "cutout" and not picture.is_tall:
        place = "hero"
    where = PLACES[place]
    sources = "".join(
        f'<source type="{_TYPES[form]}" {_choice(picture, form, where)}>' for form in made.formats[:-1]
    )
    chosen = _choice(picture, made.formats[-1], where)
    image = f'<img src="{escape(_fallback(picture, where))}" {chosen}{attributes}>'
    return mark_safe(f"{_ground(made)}<picture>{sources}{image}</picture>")


def write_hover(picture: Picture, place: str, *, css: str = "") -> SafeString:
    """Write a picture that is shown while a pointer hovers; where nothing hovers (a phone) it is not downloaded."""
    where = PLACES[place]
    made = picture.renditions
    hovers = 'media="(hover: hover) and (pointer: fine)"'
    if made is None or not made.widths:
        sources = f'<source {hovers} srcset="{escape(picture.url)}">'
    else:
        sources = "".join(
            f'<source {hovers} type="{_TYPES[form]}" {_choice(picture, form, where)}>'
            for form in made.formats
        )
    attributes = _attributes(picture, "", css)
    image = f'<img src="{_BLANK}"{attributes} loading="lazy" decoding="async">'
    return mark_safe(f"<picture>{sources}{image}</picture>")


def write_small(url: str, *, alt: str = "") -> SafeString:
    """Write the small picture of a line by its address (`Picture.small_url`), which alone lines of orders keep.

    Its other formats follow from the name. Any other address is shown as it is.
    """
    image = f'<img src="{escape(url)}" alt="{escape(alt)}" width="400" height="500" loading="lazy" decoding="async">'
    found = _SMALL.match(url)
    if found is None:
        return mark_safe(image)
    better = ("avif", "webp") if found.group(2) == "jpg" else ("avif",)
    sources = "".join(
        f'<source type="{_TYPES[form]}" srcset="{escape(found.group(1))}.{form}">' for form in better
    )
    return mark_safe(f"<picture>{sources}{image}</picture>")


def write_video(poster: Picture, url: str, *, words: str = "") -> SafeString:
    """Write a video that begins when it is asked to; until then nothing but its picture is loaded.

    It has one picture for all browsers, loaded at once wherever it stands: WebP, which those that play it know.
    """
    shown = _fallback(poster, PLACES["gallery"], form="webp")
    kind = "video/webm" if url.endswith(".webm") else "video/mp4"
    return mark_safe(
        f'<video controls playsinline preload="none" poster="{escape(shown)}" width="{poster.width or 800}" '
        f'height="{poster.height or 1000}" aria-label="{escape(words)}">'
        f'<source src="{escape(url)}" type="{kind}"></video>'
    )


def _choice(picture: Picture, form: str, where: Place) -> str:
    """Return the attributes that let the browser choose among the widths of one format."""
    return f'srcset="{escape(picture.srcset(form, where.most))}" sizes="{where.sizes}"'


def _fallback(picture: Picture, where: Place, *, form: str = "") -> str:
    """Return what a browser without `srcset` shows: one in the middle, by default in the format that all know."""
    made = picture.renditions
    if made is None:
        return picture.url
    widths = [width for width in made.widths if width <= min(where.most, 640)] or made.widths[:1]
    return default_storage.url(made.name(widths[-1], form if form in made.formats else made.formats[-1]))


def _attributes(picture: Picture, alt: str, css: str) -> str:
    """Return the attributes that every picture has: words, size (nothing moves when it comes), what stays in sight."""
    classes = [css] if css else []
    if (picture.focus_x, picture.focus_y) != (50, 50):
        classes += [f"focus-x-{_step(picture.focus_x)}", f"focus-y-{_step(picture.focus_y)}"]
    described = f' class="{escape(" ".join(classes))}"' if classes else ""
    return f' alt="{escape(alt)}" width="{picture.width or 800}" height="{picture.height or 1000}"{described}'


def _step(percent: int) -> int:
    """Return the nearest step of the style sheet's classes (components/picture.css): every five per cent."""
    return 5 * round(min(percent, 100) / 5)


def _ground(made: Renditions) -> str:
    """Return a ground in the colour of the picture's edges: seen until it has come (no inline style is allowed)."""
    if not made.colour:
        return ""
    return (
        '<svg class="picture-ground" preserveAspectRatio="none" viewBox="0 0 1 1" aria-hidden="true">'
        f'<rect width="1" height="1" fill="{escape(made.colour)}"/></svg>'
    )
