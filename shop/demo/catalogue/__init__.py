"""The demo brand as data: MAAL Line, streetwear from Buenos Aires.

Texts are Spanish (rioplatense); prices are Argentine pesos with taxes. Nothing here touches the database.
"""

from shop.demo.catalogue import accessories, fleece, legs, outerwear, tops
from shop.demo.catalogue.spec import FAMILIES, ProductSpec
from shop.demo.catalogue.windows import COLLECTIONS, CollectionSpec

__all__ = ["COLLECTIONS", "FAMILIES", "PRODUCTS", "CollectionSpec", "ProductSpec"]

PRODUCTS: tuple[ProductSpec, ...] = (
    tops.PRODUCTS + fleece.PRODUCTS + outerwear.PRODUCTS + legs.PRODUCTS + accessories.PRODUCTS
)
