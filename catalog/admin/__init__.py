"""The catalogue in the back office."""

from catalog.admin import access, categories, collections, options, products, search, variants, waiting

__all__ = ["access", "categories", "collections", "options", "products", "search", "variants", "waiting"]
