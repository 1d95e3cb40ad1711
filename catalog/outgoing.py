"""What other systems may be told of the catalogue. Written by triggers (`catalog.models.announcements`)."""

from django.utils.translation import gettext_lazy as _

from shop.core.outgoing.publishing import contribute
from shop.core.outgoing.types import PublicType

contribute(PublicType("product.updated", _("a product, a variant or a picture was added or changed")))
