"""Template tags that write pictures (`shop.core.pictures.markup`)."""

from django import template
from django.utils.safestring import SafeString

from shop.core.pictures import markup

register = template.Library()


@register.simple_tag
def picture(
    shown: markup.Picture, place: str, *, alt: str = "", first: object = False, css: str = ""
) -> SafeString:
    """Write a picture for a place of `markup.PLACES`; `first` (anything true) is the one a page begins with."""
    return markup.write(shown, place, alt=alt, first=bool(first), css=css)


@register.simple_tag
def video(poster: markup.Picture, url: str, *, words: str = "") -> SafeString:
    """Write a video with the picture that is seen until it plays."""
    return markup.write_video(poster, url, words=words)


@register.simple_tag
def small_picture(url: str, *, alt: str = "") -> SafeString:
    """Write the small picture of a line, by the address that the line keeps."""
    return markup.write_small(url, alt=alt)


@register.simple_tag
def hover_picture(shown: markup.Picture, place: str, *, css: str = "") -> SafeString:
    """Write a picture that is shown, and downloaded, only where a pointer hovers."""
    return markup.write_hover(shown, place, css=css)
