"""The catalogue in the back office."""

from catalog.admin import categories, collections, options, products, variants

__all__ = ["categories", "collections", "options", "products", "variants"]
