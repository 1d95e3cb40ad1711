"""What the catalogue has already of what a file names: loaded in a constant number of queries."""

from collections import defaultdict
from collections.abc import Container, Iterable
from uuid import UUID

from django.db.models import Max
from django.utils.text import slugify

from catalog.models import (
    Brand,
    Category,
    FormerAddress,
    Option,
    OptionValue,
    Product,
    Supplier,
    Variant,
    VariantValue,
)
from shop.core import codes
from shop.core.spreadsheets.cells import as_text


def fold(text: str) -> str:
    """Return a name as it is compared: without case, double spaces and invisible characters."""
    return " ".join(as_text(text).casefold().split())


class CatalogueIndex:
    """Brands, suppliers, categories, option values, products and variants by the names a file uses.

    With `lock` the products and variants are locked in primary key order (FOR NO KEY UPDATE: a buyer's foreign key
    check does not wait), until the transaction ends.
    """

    def __init__(
        self, skus: Iterable[str], slugs: Iterable[str], names: Iterable[str], *, lock: bool
    ) -> None:
        self.options = list(Option.objects.all())
        self.brands = {fold(brand.name): brand for brand in Brand.objects.all()}
        self.suppliers = {fold(supplier.name): supplier for supplier in Supplier.objects.all()}
        self.categories = {category.path_slug: category for category in Category.objects.all()}
        # By name alone: the code of a value is made of its name (`39,5` → `395`) and may be another's name.
        self.values: dict[tuple[UUID, str], OptionValue] = {}
        self.value_codes: dict[UUID, set[str]] = defaultdict(set)
        self.value_names: dict[UUID, set[str]] = defaultdict(set)
        for value in OptionValue.objects.order_by("created_at", "pk"):
            self.values.setdefault((value.option_id, fold(value.name)), value)
            self.values[value.option_id, value.name] = value
            self.value_codes[value.option_id].add(value.code)
            self.value_names[value.option_id].add(value.name)
        self.last_place = dict(
            OptionValue.objects.order_by().values_list("option_id").annotate(last=Max("sort_order"))
        )
        self._load(set(skus), set(slugs), set(names), lock)
        self.new_brands: list[Brand] = []
        self.new_suppliers: list[Supplier] = []
        self.new_values: list[OptionValue] = []
        self.new_categories: dict[str, str] = {}

    def _load(self, skus: set[str], slugs: set[str], names: set[str], lock: bool) -> None:
        named = set(Product.objects.filter(slug__in=slugs).values_list("pk", flat=True))
        named |= set(Product.objects.filter(name__in=names).values_list("pk", flat=True))
        named |= set(Variant.objects.filter(sku__in=skus).values_list("product_id", flat=True))
        products = Product.objects.filter(pk__in=named).order_by("pk")
        variants = Variant.objects.filter(product_id__in=named).order_by("pk")
        if lock:
            products = products.select_for_update(no_key=True)
            variants = variants.select_for_update(no_key=True)
        self.products = {product.pk: product for product in products}
        by_pk = {category.pk: category for category in self.categories.values()}
        brands = {brand.pk: brand for brand in self.brands.values()}
        suppliers = {supplier.pk: supplier for supplier in self.suppliers.values()}
        for product in self.products.values():
            product.brand, product.category = brands[product.brand_id], by_pk[product.category_id]
            if product.supplier_id:
                product.supplier = suppliers[product.supplier_id]
        self.by_slug = {product.slug: product for product in self.products.values()}
        # A former address refers to the product that had it.
        former = FormerAddress.objects.filter(kind=FormerAddress.Kind.PRODUCT).values_list("slug", flat=True)
        self.addresses = set(Product.objects.values_list("slug", flat=True).union(former))
        self.by_name: dict[str, Product | None] = {}
        for product in self.products.values():
            # Two products of one name cannot be told apart by it.
            self.by_name[product.name] = None if product.name in self.by_name else product
        found = list(variants)
        self.siblings = {variant.pk: variant for variant in found}
        self.variants = {variant.sku: variant for variant in found if variant.sku in skus}
        self.options_of: dict[UUID, dict[UUID, OptionValue]] = {variant.pk: {} for variant in found}
        by_key = {value.pk: value for value in self.values.values()}
        for variant_id, option_id, value_id in VariantValue.objects.filter(
            variant__product_id__in=named
        ).values_list("variant_id", "option_id", "value_id"):
            if variant_id in self.options_of:
                self.options_of[variant_id][option_id] = by_key[value_id]
        missing = skus - self.variants.keys()
        self.spelt_otherwise = {
            codes.fold(sku): sku
            for sku in Variant.objects.annotate(folded=codes.folded("sku"))
            .filter(folded__in={codes.fold(sku) for sku in missing})
            .values_list("sku", flat=True)
        }

    def barcodes(self, wanted: Iterable[str]) -> dict[str, tuple[UUID, str]]:
        """Return which variant (key, SKU) has each of these barcodes now; all as they are compared."""
        rows = Variant.objects.annotate(folded=codes.folded_barcode("barcode")).filter(folded__in=set(wanted))
        found = rows.values_list("barcode", "pk", "sku")
        return {codes.fold_barcode(barcode): (key, sku) for barcode, key, sku in found if barcode}

    def free_address(self, name: str) -> str:
        """Return an address for a new product of this name that no other has; empty when the name makes none."""
        wanted = slugify(name)
        return _free(wanted, self.addresses, most=140) if wanted else ""

    def brand(self, name: str) -> Brand:
        """Return the brand of this name; a new one is added to the plan."""
        found = self.brands.get(fold(name))
        if found is None:
            found = Brand(
                name=name, slug=_free(slugify(name), {brand.slug for brand in self.brands.values()})
            )
            self.brands[fold(name)] = found
            self.new_brands.append(found)
        return found

    def supplier(self, name: str) -> Supplier | None:
        """Return the supplier of this name; a new one is added to the plan. No name: None."""
        if not name:
            return None
        found = self.suppliers.get(fold(name))
        if found is None:
            found = self.suppliers[fold(name)] = Supplier(name=name)
            self.new_suppliers.append(found)
        return found

    def category(self, text: str) -> str:
        """Return the address of a category written `pantalones/jeans` or `Pantalones > Jeans`; new nodes are noted.

        Raises: ValueError when a step of it has no letter or digit.
        """
        address = ""
        for name in text.replace(">", "/").split("/"):
            slug = slugify(name)
            if not slug:
                raise ValueError(text)
            address = f"{address}/{slug}" if address else slug
            if address not in self.categories and address not in self.new_categories:
                name = name.strip()
                self.new_categories[address] = name.capitalize().replace("-", " ") if name == slug else name
        return address

    def value(self, option: Option, name: str) -> OptionValue:
        """Return the value of an option by its name; a new one is added to the plan, last in its order."""
        found = self.values.get((option.pk, name)) or self.values.get((option.pk, fold(name)))
        if found is None:
            place = self.last_place.get(option.pk, -1) + 1
            self.last_place[option.pk] = place
            taken = self.value_codes[option.pk]
            found = OptionValue(
                option=option,
                code=_free(slugify(name) or "valor", taken),
                name=name,
                sort_order=min(place, 32_000),
            )
            self.values[option.pk, fold(name)] = found
            taken.add(found.code)
            self.new_values.append(found)
        return found


def _free(slug: str, taken: Container[str], most: int = 50) -> str:
    """Return the slug, with a number when another has it."""
    slug = slug or "sin-nombre"
    found, number = slug[:most], 1
    while found in taken:
        number += 1
        found = f"{slug[: most - 5]}-{number}"
    return found
