"""A part of a page that is made once for what it shows: `{% kept nav_categories here=nav_here %}…{% endkept %}`.

The part sees the values that are named, the shop's settings (`shop`), and nothing else of the page: what it shows can
only be of what it is kept by. A variable that is not named is empty in it, and `request` is never there.
"""

from collections import OrderedDict
from collections.abc import Hashable, Mapping
from threading import Lock
from typing import Any, Final

from django import template
from django.template import Node, NodeList, TemplateSyntaxError
from django.template.base import FilterExpression, Parser, Token, token_kwargs
from django.template.context import Context
from django.utils.functional import LazyObject, empty
from django.utils.safestring import SafeString

from shop.core.shared_pages import program
from shop.core.web.folded_templates import key_of

register = template.Library()
# Of one part in one process so many are kept, those of other values; the oldest goes first.
MOST: Final = 1000


class KeptPart(Node):
    """Nodes that are written once for each set of values, language, release and set of settings."""

    child_nodelists = ("nodelist",)
    # Of the context that it stands in (`template_functions.nodes`).
    sets_nothing = True

    def __init__(self, nodelist: NodeList, values: Mapping[str, FilterExpression]) -> None:
        self.nodelist, self.values = nodelist, values
        self._texts: OrderedDict[tuple[Hashable, ...], SafeString] = OrderedDict()
        self._lock = Lock()

    def render(self, context: Context) -> SafeString:
        """Return the part.

        Raises:
            TypeError: a value that it is kept by cannot be compared (a list, an object of one request).
        """
        found = [value.resolve(context) for value in self.values.values()]
        return self.text_of(context, key_of(context), *found)

    def text_of(self, context: Context, key: object, *found: Any) -> SafeString:
        """Return the part for these values in a language (`folded_templates.key_of`)."""
        values = [one if type(one) in _THEMSELVES else _itself(one) for one in found]
        of = (program.digest(), key, *values)
        text = self._texts.get(of)
        if text is None:
            seen = dict(zip(self.values, values, strict=True))
            text = self.nodelist.render(context.new({"shop": context.get("shop"), **seen}))
            with self._lock:
                self._texts[of] = text
                while len(self._texts) > MOST:
                    self._texts.popitem(last=False)
        return text


# Classes that were met whose objects are no others': so many at most.
_THEMSELVES: Final[set[type]] = set()
_MOST_CLASSES: Final = 1000


def _itself(value: Any) -> Any:
    """Return what a lazy value of a context processor stands for: the key must not hold on to its request."""
    kind = type(value)
    if not issubclass(kind, LazyObject | list) and len(_THEMSELVES) < _MOST_CLASSES:
        _THEMSELVES.add(kind)
    if isinstance(value, LazyObject):
        if value._wrapped is empty:
            value._setup()
        value = value._wrapped
    return tuple(value) if isinstance(value, list) else value


@register.tag
def kept(parser: Parser, token: Token) -> KeptPart:
    """Keep what stands up to `endkept` by the values that are named: `name` or `name=value`."""
    _tag, *given = token.split_contents()
    values = {}
    for one in given:
        named = token_kwargs([one], parser)
        if not named and not one.isidentifier():
            raise TemplateSyntaxError(f"'kept' takes variables and name=value, not {one}")
        values.update(named or {one: parser.compile_filter(one)})
    nodelist = parser.parse(("endkept",))
    parser.delete_first_token()
    return KeptPart(nodelist, values)
