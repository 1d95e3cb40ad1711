"""The catalogue's data: what is sold, how it varies, and where it is shown."""

from catalog.models.access import AccessCode, AccessGrant, CustomerGroup, EarlyOpening
from catalog.models.addresses import FormerAddress
from catalog.models.changes import CatalogChange, LowStockHint
from catalog.models.collections import Collection, CollectionProduct
from catalog.models.listing import Listing, ListingMark, ListingState
from catalog.models.products import (
    Brand,
    Category,
    Option,
    OptionValue,
    PriceChange,
    Product,
    ProductImage,
    Supplier,
    Variant,
    VariantValue,
)
from catalog.models.search import (
    SearchDeletion,
    SearchMiss,
    SearchSnapshot,
    SearchSynonyms,
    SearchWord,
)
from catalog.models.waiting import WaitingEntry

__all__ = [
    "AccessCode",
    "AccessGrant",
    "Brand",
    "CatalogChange",
    "Category",
    "Collection",
    "CollectionProduct",
    "CustomerGroup",
    "EarlyOpening",
    "FormerAddress",
    "Listing",
    "ListingMark",
    "ListingState",
    "LowStockHint",
    "Option",
    "OptionValue",
    "PriceChange",
    "Product",
    "ProductImage",
    "SearchDeletion",
    "SearchMiss",
    "SearchSnapshot",
    "SearchSynonyms",
    "SearchWord",
    "Supplier",
    "Variant",
    "VariantValue",
    "WaitingEntry",
]
