"""Where a page moved that once had an address."""

from catalog.models import Category, Collection, Product
from catalog.models.addresses import FormerAddress

Kind = FormerAddress.Kind


def target_of(kind: Kind, slug: str) -> Product | Category | Collection | None:
    """Return what last had this address; None when nothing had it or it is not shown."""
    former = (
        FormerAddress.objects.filter(kind=kind, slug=slug)
        .select_related("product", "category", "collection")
        .first()
    )
    target: Product | Category | Collection | None = getattr(former, kind.value, None)
    return target if target is not None and target.is_active else None


def moved_to(kind: Kind, slug: str) -> str | None:
    """Return the present path of what last had this address; None when nothing had it or it is not shown."""
    target = target_of(kind, slug)
    return target.get_absolute_url() if target is not None else None
