"""The catalogue's data: what is sold, how it varies, and where it is shown."""

from catalog.models.collections import Collection, CollectionProduct
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

__all__ = [
    "Brand",
    "Category",
    "Collection",
    "CollectionProduct",
    "Option",
    "OptionValue",
    "PriceChange",
    "Product",
    "ProductImage",
    "Supplier",
    "Variant",
    "VariantValue",
]
