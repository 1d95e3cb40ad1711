"""The drawn pictures: files in the shop's storage, rows that describe them.

Photographs of the same garments take their place while the shop already runs (`shop.demo.photographing`): making them
takes minutes of processor time. The drawings are SVG, which uploads may not be: the code writes the file and gives the
row its name (`PictureField` takes a text for the name of a stored file), which no form does.
"""

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from catalog.models import Collection, Product, ProductImage
from shop.demo.catalogue import COLLECTIONS, PRODUCTS, CollectionSpec, ProductSpec
from shop.demo.catalogue.colours import COLOURS
from shop.demo.garments import VIEWS, draw
from shop.demo.seeding.taxonomy import Taxonomy

SEEN = {"front": "de frente", "back": "de espalda", "detail": "detalle"}


def hang_pictures(taxonomy: Taxonomy, products: dict[str, Product]) -> int:
    """Draw every product in every colour, front, back and detail; return how many pictures."""
    images = [
        ProductImage(
            product=products[spec.sku],
            colour=taxonomy.colours[colour],
            file=_write(picture_name(spec, colour, view), draw(spec.kind, spec.look(colour), view)),
            view=view,
            alt=f"{spec.name}, {COLOURS[colour].name.lower()}, {SEEN[view]}",
            sort_order=place * 10 + turn,
        )
        for spec in PRODUCTS
        for place, colour in enumerate(spec.colours)
        for turn, view in enumerate(VIEWS)
    ]
    ProductImage.objects.bulk_create(images)
    return len(images)


def redraw_lost() -> int:
    """Write again the demo's files which a row names and the storage lacks; return how many."""
    named = set(ProductImage.objects.filter(file__startswith="products/").values_list("file", flat=True))
    named |= set(
        Collection.objects.filter(hero_image__startswith="collections/").values_list("hero_image", flat=True)
    )
    lost = 0
    for spec in PRODUCTS:
        for colour in spec.colours:
            for view in VIEWS:
                name = picture_name(spec, colour, view)
                if name in named and not default_storage.exists(name):
                    _write(name, draw(spec.kind, spec.look(colour), view))
                    lost += 1
    for collection in COLLECTIONS:
        if hero_name(collection) in named and not default_storage.exists(hero_name(collection)):
            write_hero(collection)
            lost += 1
    return lost


def is_drawn_here(name: str, body: bytes) -> bool:
    """Return whether these are the bytes that the demo draws under this name."""
    if (collection := next((spec for spec in COLLECTIONS if hero_name(spec) == name), None)) is not None:
        return body == draw(collection.hero_kind, collection.hero_look, "front").encode()
    return any(
        body == draw(spec.kind, spec.look(colour), view).encode()
        for spec in PRODUCTS
        if name.startswith(f"products/{spec.slug}-")
        for colour in spec.colours
        for view in VIEWS
        if picture_name(spec, colour, view) == name
    )


def picture_name(spec: ProductSpec, colour: str, view: str) -> str:
    """Return a picture's name in the storage."""
    return f"products/{spec.slug}-{colour}-{view}.svg"


def hero_name(spec: CollectionSpec) -> str:
    """Return the name of a collection's hero picture in the storage."""
    return f"collections/{spec.slug}.svg"


def write_hero(spec: CollectionSpec) -> str:
    """Draw a collection's hero garment, on a transparent ground; return its name."""
    return _write(hero_name(spec), draw(spec.hero_kind, spec.hero_look, "front"))


def _write(name: str, svg: str) -> str:
    """Put a file under exactly this name: an older drawing is replaced."""
    if default_storage.exists(name):
        default_storage.delete(name)
    return default_storage.save(name, ContentFile(svg.encode()))
