"""Photographs of the demo's garments, made by this code: the drawings of `shop.demo.garments`, laid out and lit.

The drawing gives outlines, seams, prints and colours (`drawing`, `outlines`); a relief with folds is made of it and lit
from the upper left (`light`); it lies on a sheet of paper that its shadow falls on (`studio`). Pillow alone, no file is
needed, and the same garment gives the same picture.
"""

from shop.demo.photographs.studio import SIZE, cut_out, photograph

__all__ = ["SIZE", "cut_out", "photograph"]
