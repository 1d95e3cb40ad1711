"""Tags of the storefront."""

import json
from typing import Final

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from catalog.models import OptionValue, ProductImage

register = template.Library()
_VIEWS: Final = dict(ProductImage.View.choices)


@register.simple_tag
def json_ld(data: dict[str, object] | list[dict[str, object]]) -> SafeString:
    """Write structured data for search engines: a data block, which browsers do not run."""
    text = json.dumps(data, ensure_ascii=False)
    # Not by `translate`, which looks at each character of a text that is not ASCII.
    text = text.replace("<", "\\u003C").replace(">", "\\u003E").replace("&", "\\u0026")
    return format_html('<script type="application/ld+json">{}</script>', mark_safe(text))


@register.simple_tag
def picture_words(image: ProductImage, name: str, colour: OptionValue | None) -> str:
    """Return the alternative text of a picture: its own, else product `name`, colour and view."""
    # Not by `get_view_display`, which writes the table of all views again each time.
    parts = [name, colour.name if colour else "", str(_VIEWS.get(image.view, image.view))]
    return image.alt or ", ".join(part for part in parts if part)
