"""Uploaded pictures: detected by their bytes, decoded and re-encoded.

Every upload (admin, form, shell, API) goes through the model field `PictureField`. It detects by `kinds` what the bytes
are, has them decoded by a separate program with limits of time and memory (`decoder`, called by `rewriting`), and only
what that program wrote is stored: turned, in sRGB, without metadata, under a new name. A worker makes it in several
widths and formats (`rendering`, by `encoder`; `renditions` says under which names), `markup` writes it into pages, and
`files` deletes what no row names.
"""

from shop.core.pictures.field import HasPictures, PictureField
from shop.core.pictures.renditions import FocusField, Renditions, RenditionsField
from shop.core.pictures.rewriting import PictureRefused, Rewritten, rewrite

__all__ = [
    "FocusField",
    "HasPictures",
    "PictureField",
    "PictureRefused",
    "Renditions",
    "RenditionsField",
    "Rewritten",
    "rewrite",
]
