"""Brands, suppliers, options and the category tree; found again by their natural keys."""

from dataclasses import dataclass

from catalog.models import Brand, Category, Option, OptionValue, Supplier
from shop.demo.catalogue.colours import COLOURS
from shop.demo.catalogue.sizes import SIZES
from shop.demo.catalogue.taxonomy import BRANDS, CATEGORIES, SUPPLIERS, CategorySpec


@dataclass(frozen=True)
class Taxonomy:
    """What products refer to, by the keys which the demo's data use."""

    brands: dict[str, Brand]
    suppliers: dict[str, Supplier]
    categories: dict[str, Category]
    colour: Option
    size: Option
    colours: dict[str, OptionValue]
    sizes: dict[str, OptionValue]


def build_taxonomy() -> Taxonomy:
    """Make what is missing and return all of it."""
    colour = _option("color", "Color", Option.Kind.COLOUR, 0)
    size = _option("talle", "Talle", Option.Kind.SIZE, 1)
    colours = {code: (dye.name, dye.swatch, n) for n, (code, dye) in enumerate(COLOURS.items())}
    sizes = {code: (name, "", order) for code, (name, order) in SIZES.items()}
    return Taxonomy(
        brands={
            spec.slug: Brand.objects.get_or_create(
                slug=spec.slug, defaults={"name": spec.name, "description": spec.description}
            )[0]
            for spec in BRANDS
        },
        suppliers={
            spec.slug: Supplier.objects.get_or_create(
                name=spec.name,
                defaults={key: value for key, value in spec._asdict().items() if key not in {"slug", "name"}},
            )[0]
            for spec in SUPPLIERS
        },
        categories=_categories(),
        colour=colour,
        size=size,
        colours=_values(colour, colours),
        sizes=_values(size, sizes),
    )


def _option(code: str, name: str, kind: Option.Kind, order: int) -> Option:
    return Option.objects.get_or_create(
        code=code, defaults={"name": name, "kind": kind, "sort_order": order}
    )[0]


def _values(option: Option, values: dict[str, tuple[str, str, int]]) -> dict[str, OptionValue]:
    OptionValue.objects.bulk_create(
        (
            OptionValue(option=option, code=code, name=name, swatch=swatch, sort_order=order)
            for code, (name, swatch, order) in values.items()
        ),
        ignore_conflicts=True,
    )
    return {value.code: value for value in OptionValue.objects.filter(option=option, code__in=values)}


def _categories() -> dict[str, Category]:
    found = {category.path_slug: category for category in Category.objects.all()}
    for spec in CATEGORIES:
        root = found.get(spec.slug)
        if root is None:
            root = found[spec.slug] = Category.objects.add_root(_category(spec, spec.slug))
        for child in spec.children:
            path = f"{spec.slug}/{child.slug}"
            if path not in found:
                # Read again: treebeard counts children on the row, not on our copy of it.
                parent = Category.objects.get(pk=root.pk)
                found[path] = Category.objects.add_child(parent, _category(child, path))
    return found


def _category(spec: CategorySpec, path: str) -> dict[str, object]:
    return {
        "name": spec.name,
        "slug": spec.slug,
        "path_slug": path,
        "description": spec.description,
        "size_guide": spec.guide(path),
    }
