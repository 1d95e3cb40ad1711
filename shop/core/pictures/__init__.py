"""Pictures that people upload: what their bytes say, written again.

One way for every upload (admin, form, shell, API): the model field `PictureField`. It asks `kinds` what the bytes are,
has them decoded by a program of its own with limits of time and memory (`decoder`, called by `rewriting`), and stores
only what that program wrote: turned, in sRGB, without metadata, under a new name. `files` deletes what no row names.
"""

from shop.core.pictures.field import HasPictures, PictureField
from shop.core.pictures.rewriting import PictureRefused, Rewritten, rewrite

__all__ = ["HasPictures", "PictureField", "PictureRefused", "Rewritten", "rewrite"]
