"""The shop's policies: the title and template of each. Merchants edit the templates."""

from dataclasses import dataclass
from typing import Final

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy page."""

    slug: str
    title: "str | Promise"
    template: str

    @property
    def url(self) -> str:
        """Return the page's address."""
        return reverse("catalog:policy", args=[self.slug])


POLICIES: Final = (
    Policy("envios", _("Shipping"), "catalog/policies/shipping.html"),
    Policy("cambios-y-devoluciones", _("Exchanges and returns"), "catalog/policies/returns.html"),
    Policy("arrepentimiento", _("Right of withdrawal"), "catalog/policies/withdrawal.html"),
    Policy("privacidad", _("Privacy"), "catalog/policies/privacy.html"),
    Policy("terminos", _("Terms and conditions"), "catalog/policies/terms.html"),
)


def find(slug: str) -> Policy | None:
    """Return the policy with this slug, or None."""
    return next((policy for policy in POLICIES if policy.slug == slug), None)
