"""Validate the rows of a catalogue file: which products and variants they make or change, without writing anything."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from catalog.exchange import columns, lookalikes
from catalog.exchange.index import CatalogueIndex
from catalog.exchange.resources import CatalogueResource
from catalog.models import Option, OptionValue, Product, Variant
from catalog.variants import naming
from shop.core import codes
from shop.core.spreadsheets import headings
from shop.core.spreadsheets.import_rows import CHANGED, CREATED, ImportRow, Plan, RowResult, Rows, Tell, shown
from shop.core.spreadsheets.sheets import Sheet

# Column → field of the product or variant; brand, category and supplier are looked up by name.
_PRODUCT: Final = {
    "product": "name",
    "summary": "summary",
    "description": "description",
    "care": "care",
    "product_on_sale": "is_active",
}
_VARIANT: Final = {
    "barcode": "barcode",
    "price": "price",
    "price_before": "compare_at_price",
    "weight": "weight_grams",
    "most_per_order": "max_per_order",
    "on_sale": "is_active",
    "place": "sort_order",
}
_NEEDED: Final = ("product", "brand", "category")


@dataclass
class ProductDraft:
    """A product as the file defines it; `said` records which row set what, since rows share a product.

    `old_name` is the name it had before.
    """

    product: Product
    is_new: bool
    category: str = ""
    old_name: str = ""
    said: dict[str, tuple[int, Any]] = field(default_factory=dict)
    fields: set[str] = field(default_factory=set)


@dataclass
class VariantDraft:
    """A variant as the file defines it. `values` is None when its options stay as they are."""

    variant: Variant
    is_new: bool
    fields: set[str] = field(default_factory=set)
    values: dict[UUID, OptionValue] | None = None


@dataclass
class CataloguePlan(Plan):
    """What `writing.write` will do."""

    products: list[ProductDraft] = field(default_factory=list)
    variants: list[VariantDraft] = field(default_factory=list)
    index: CatalogueIndex | None = None


def validate(sheet: Sheet, *, tell: Tell, lock: bool = False) -> CataloguePlan:
    """Return what a catalogue file would create, change and leave. `lock`: it will be written in this transaction.

    Raises: Unreadable for invalid headings.
    """
    options = list(Option.objects.all())
    places = headings.places(sheet, columns.CATALOGUE, options)
    named = columns.option_headings(options)
    rows = Rows(sheet, CatalogueResource(options=named), places, tell, known=lookalikes.known(sheet, places))
    return _Validator(rows, tell, lock=lock).plan()


class _Validator:
    def __init__(self, rows: Rows, tell: Tell, *, lock: bool) -> None:
        self.rows, self.tell = rows, tell
        each = [row.values for row in rows.rows]
        slugs = {values.get("slug") or "" for values in each}
        names = {values.get("product") or "" for values in each}
        self.index = CatalogueIndex(
            {values.get("sku") or "" for values in each}, slugs - {""}, names - {""}, lock=lock
        )
        self.options = {f"option:{option.code}": option for option in self.index.options}
        self.drafts: dict[UUID, ProductDraft] = {}
        self.result = CataloguePlan(index=self.index)
        self.seen: dict[str, int] = {}
        self.lookalikes = lookalikes.Lookalikes(rows, self.index)

    def plan(self) -> CataloguePlan:
        for done, row in enumerate(self.rows.rows, start=1):
            self._row(row)
            if not done % 500:
                self.tell("judging", done, len(self.rows.rows))
        self._barcodes()
        self._combinations()
        self.result.issues = sorted(self.rows.issues, key=lambda issue: issue.row)
        self.result.warnings = self.rows.warnings
        self.result.products = [draft for draft in self.drafts.values() if draft.is_new or draft.fields]
        self._news()
        return self.result

    def _row(self, row: ImportRow) -> None:
        sku = row.values.get("sku", "")
        if not sku:
            return None
        first = self.seen.setdefault(codes.fold(sku), row.number)
        if first != row.number:
            return self.rows.tell(row.number, "sku", _("This SKU stands in row %s already.") % first, sku)
        other = self.index.spelt_otherwise.get(codes.fold(sku))
        if other and sku not in self.index.variants:
            return self.rows.tell(row.number, "sku", _("This SKU exists, written as %s.") % other, sku)
        if other := self.lookalikes.sku(row):
            return self.rows.tell(row.number, "sku", other, sku)
        variant = self.index.variants.get(sku)
        draft = self._product(row, variant)
        if draft is None:
            return None
        outcome = RowResult(row.number, sku)
        self._say_product(row, draft, outcome)
        self._say_variant(row, draft, variant, outcome)
        self.result.outcomes.append(outcome)
        return None

    def _product(self, row: ImportRow, variant: Variant | None) -> ProductDraft | None:
        """Return the product of a row: the variant's own, the one of that address or name, or a new one."""
        slug, name = row.values.get("slug") or "", row.values.get("product") or ""
        if slug and slugify(slug) != slug:
            self.rows.tell(
                row.number, "slug", _("An address has small letters, digits and hyphens only."), slug
            )
            return None
        if variant is not None:
            product = self.index.products[variant.product_id]
            if slug and slug != product.slug:
                words = _("This SKU belongs to the product “%s”; a variant does not change its product.")
                self.rows.tell(row.number, "slug", words % product.slug, slug)
                return None
            return self._draft(product, is_new=False)
        if not slug and name in self.index.by_name and self.index.by_name[name] is None:
            words = _("Several products have this name: say in the column “%s” which is meant.")
            self.rows.tell(row.number, "product", words % columns.CATALOGUE["slug"], name)
            return None
        found = self.index.by_slug.get(slug) if slug else self.index.by_name.get(name)
        address = slug or self.index.free_address(name)
        if found is not None:
            return self._draft(found, is_new=found.pk in self.drafts and self.drafts[found.pk].is_new)
        missing = [code for code in _NEEDED if not row.values.get(code)]
        if missing or not address:
            wanted = ", ".join(str(columns.CATALOGUE[code]) for code in missing or ["product"])
            if not self.rows.is_broken(row):
                self.rows.tell(
                    row.number,
                    "sku",
                    _("This SKU is new; a new product needs: %s.") % wanted,
                    row.values["sku"],
                )
            return None
        product = Product(slug=address, published_at=timezone.now())
        if not slug and address != slugify(name)[:140]:
            words = _(
                "Another product has the address of this name; this one is made at %s. Is it a new product?"
            )
            self.rows.warn(row.number, "product", words % address, name)
        self.index.addresses.add(address)
        self.index.by_slug[address] = self.index.products[product.pk] = product
        if not slug:
            self.index.by_name.setdefault(name, product)
        return self._draft(product, is_new=True)

    def _draft(self, product: Product, *, is_new: bool) -> ProductDraft:
        if product.pk not in self.drafts:
            category = "" if is_new else product.category.path_slug
            self.drafts[product.pk] = ProductDraft(product, is_new, category, old_name=product.name)
        return self.drafts[product.pk]

    def _say_product(self, row: ImportRow, draft: ProductDraft, outcome: RowResult) -> None:
        """Apply a row to its product draft; a contradiction with an earlier row is an error of the later one."""
        for code in (*_PRODUCT, "brand", "category", "supplier"):
            if code not in row.values:
                continue
            value = row.values[code]
            number, earlier = draft.said.setdefault(code, (row.number, value))
            if earlier != value:
                words = _("Row %(row)s says otherwise of the same product: %(value)s.")
                self.rows.tell(row.number, code, words % {"row": number, "value": shown(earlier)}, value)
            elif number == row.number:
                self._set_product(row, draft, code, value, outcome)

    def _set_product(
        self, row: ImportRow, draft: ProductDraft, code: str, value: Any, outcome: RowResult
    ) -> None:
        product = draft.product
        if code == "category":
            try:
                address = self.index.category(value)
            except ValueError:
                return self.rows.tell(row.number, code, _("Write a category as “pantalones/jeans”."), value)
            before, after, draft.category = draft.category, address, address
        elif code == "brand":
            before = "" if draft.is_new else product.brand.name
            product.brand = self.index.brand(value)
            after = product.brand.name
        elif code == "supplier":
            before = product.supplier.name if product.supplier else ""
            product.supplier = self.index.supplier(value)
            after = product.supplier.name if product.supplier else ""
        else:
            before, after = getattr(product, _PRODUCT[code]), value
            setattr(product, _PRODUCT[code], value)
        if before != after and not draft.is_new:
            draft.fields.add(_PRODUCT.get(code, code))
            self._note(outcome, code, before, after)
        return None

    def _say_variant(
        self, row: ImportRow, draft: ProductDraft, variant: Variant | None, outcome: RowResult
    ) -> None:
        is_new = variant is None
        if variant is None:
            variant = Variant(product=draft.product, sku=row.values["sku"])
            outcome.kind = CREATED
            if row.values.get("price") is None and not self.rows.is_broken(row):
                self.rows.tell(row.number, "price", _("This SKU is new; it needs a price."))
        wanted = VariantDraft(variant, is_new)
        for code, name in _VARIANT.items():
            if code in row.values and (code != "place" or row.values[code] is not None):
                before, after = getattr(variant, name), row.values[code]
                if code == "barcode":
                    after = self.lookalikes.barcode(row, before)
                setattr(variant, name, after)
                if before != after and not is_new:
                    wanted.fields.add(name)
                    self._note(outcome, code, before, after)
        if variant.price and variant.compare_at_price and variant.compare_at_price <= variant.price:
            self.rows.tell(
                row.number,
                "price_before",
                _("The price before must be higher than the price."),
                variant.compare_at_price,
            )
        self._say_options(row, wanted, outcome)
        if is_new:
            facts = {"product": draft.product.name, "variant": variant.name, "price": variant.price}
            # What the row changes of an existing product is appended.
            made = [(str(columns.CATALOGUE[code]), shown(None), shown(facts[code])) for code in facts]
            outcome.changes = [*made, *outcome.changes]
        if is_new or wanted.fields or wanted.values is not None:
            self.result.variants.append(wanted)

    def _say_options(self, row: ImportRow, wanted: VariantDraft, outcome: RowResult) -> None:
        """Set the option values of a variant, and its name, which is made of them unless the row says another."""
        variant, old = wanted.variant, self.index.options_of.get(wanted.variant.pk, {})
        new = dict(old)
        for code, option in self.options.items():
            if code in row.values:
                text, before = self.lookalikes.value(row, code, option), old.get(option.pk)
                if text:
                    new[option.pk] = self.index.value(option, text)
                else:
                    new.pop(option.pk, None)
                if before != new.get(option.pk) and not wanted.is_new:
                    self._note(outcome, code, before.name if before else "", text)
        if {key: value.pk for key, value in new.items()} != {key: value.pk for key, value in old.items()}:
            wanted.values = new
        said = row.values.get("variant")
        name = said or (
            naming.name_of(self._in_order(new))
            if wanted.is_new or said == "" or variant.name == naming.name_of(self._in_order(old))
            else ""
        )
        if wanted.is_new:
            variant.name = name
            if row.values.get("place") is None:
                variant.sort_order = naming.sort_order_of(self._in_order(new))
        elif name and name != variant.name:
            self._note(outcome, "variant", variant.name, name)
            variant.name = name
            wanted.fields.add("name")

    def _in_order(self, values: dict[UUID, OptionValue]) -> list[OptionValue]:
        return [values[option.pk] for option in self.index.options if option.pk in values]

    def _note(self, outcome: RowResult, code: str, before: Any, after: Any) -> None:
        outcome.kind = CHANGED
        label = self.options[code].name if code in self.options else str(columns.CATALOGUE[code])
        outcome.changes.append((label, shown(before), shown(after)))

    def _barcodes(self) -> None:
        """Refuse a barcode that two variants would have."""
        wanted: dict[str, list[VariantDraft]] = defaultdict(list)
        for draft in self.result.variants:
            if draft.variant.barcode and (draft.is_new or "barcode" in draft.fields):
                wanted[codes.fold_barcode(draft.variant.barcode)].append(draft)
        moving = {draft.variant.pk for draft in self.result.variants if "barcode" in draft.fields}
        there = {code: sku for code, (key, sku) in self.index.barcodes(wanted).items() if key not in moving}
        for code, drafts in wanted.items():
            owners = ([there[code]] if code in there else []) + [draft.variant.sku for draft in drafts]
            for draft in drafts:
                others = [sku for sku in owners if sku != draft.variant.sku]
                if others:
                    number = self.seen[codes.fold(draft.variant.sku)]
                    words = _("The variant %s has this barcode.") % others[0]
                    self.rows.tell(number, "barcode", words, draft.variant.barcode)

    def _combinations(self) -> None:
        """Refuse two variants of one product with the same values: buyers could not tell them apart."""
        changed = {draft.variant.pk: draft for draft in self.result.variants if draft.values is not None}
        taken: dict[tuple[UUID, frozenset[UUID]], str] = {}
        for variant in self.index.siblings.values():
            if variant.pk not in changed:
                values = frozenset(value.pk for value in self.index.options_of[variant.pk].values())
                taken[variant.product_id, values] = variant.sku
        for draft in changed.values():
            values = frozenset(value.pk for value in (draft.values or {}).values())
            owner = taken.setdefault((draft.variant.product_id, values), draft.variant.sku)
            if values and owner != draft.variant.sku:
                number = self.seen[codes.fold(draft.variant.sku)]
                self.rows.tell(number, "sku", _("The variant %s has the same values already.") % owner)

    def _news(self) -> None:
        index = self.index
        new_products = [draft.product.name for draft in self.drafts.values() if draft.is_new]
        changed = [draft.old_name for draft in self.drafts.values() if draft.fields and not draft.is_new]
        values = [f"{value.option.name}: {value.name}" for value in index.new_values]
        found = {
            "products": new_products,
            "changed": changed,
            "brands": [brand.name for brand in index.new_brands],
            "suppliers": [supplier.name for supplier in index.new_suppliers],
            "categories": list(index.new_categories),
            "values": values,
        }
        self.result.news = {name: list(dict.fromkeys(names)) for name, names in found.items() if names}
