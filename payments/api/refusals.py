"""What the domain's refusals are to a client of a contract: a status, and a sentence in the contract's language."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.models import Variant
from inventory.reservations import InsufficientStock, NotSellable, OverLimit, ReservationRefused
from orders.cart.errors import CartGone, LimitReached, TooManyLines, UnknownVariant
from orders.cart.messages import explain
from orders.checkout.client_purchases import AddressMissing, NoShipping, RateNotOffered
from orders.checkout.issues import CheckoutIssue, NotReady, variant_title
from orders.installments.limits import PlanRefused
from orders.installments.quotes import QuoteOutdated
from payments.checkout.attempts import NoIntents
from payments.checkout.methods import MethodNotOffered
from payments.checkout.refusals import BUYERS_OWN, PaymentRefused, PaymentUnavailable
from payments.gateways.base import NotAsked, Reason
from payments.models.attempts import REFUSED_FOR
from shop.core.api import problems
from shop.core.api.problems import Problem

# Seconds after which a provider that did not answer may be asked again, and a busy shop.
PROVIDER_AGAIN: Final = 10
SHOP_AGAIN: Final = 2
_BUYER_CAN_CHANGE: Final = {*BUYERS_OWN, Reason.AMOUNT, Reason.TOO_SMALL, Reason.TOO_LARGE, Reason.CURRENCY}

Words = Callable[[Sequence[CheckoutIssue]], str]


def sentence(issues: Sequence[CheckoutIssue]) -> str:
    """Return what the pages say of these issues, as one text."""
    return " ".join(dict.fromkeys(str(issue.message) for issue in issues))


@contextmanager
def refusing(words: Words = sentence) -> Iterator[None]:
    """Turn the domain's refusals into refusals of the API; `words` says issues in the contract's own way.

    Raises:
        Problem: 400 for what the client or its buyer can change, 503 with Retry-After for what passes by itself.
    """
    try:
        yield
    except NotReady as error:
        raise bad(words(_blocking(error.issues))) from error
    except PaymentRefused as error:
        raise _refused(error) from error
    except PaymentUnavailable as error:
        raise later(PROVIDER_AGAIN) from error
    except (NotAsked, CartGone) as error:
        raise later(SHOP_AGAIN) from error
    except (AddressMissing, NoShipping, RateNotOffered) as error:
        raise bad(_about_shipping(error)) from error
    except (UnknownVariant, LimitReached, TooManyLines, InsufficientStock, NotSellable) as error:
        raise bad(_about_goods(error)) from error
    except PlanRefused as error:
        raise bad(error.words) from error
    except QuoteOutdated as error:
        raise bad(_("The price has changed meanwhile. Try again.")) from error
    except (MethodNotOffered, NoIntents) as error:
        raise bad(_("This payment method is not offered.")) from error


def bad(words: str) -> Problem:
    """Return the refusal of what the client can change (400)."""
    return problems.MALFORMED(words)


def later(seconds: int) -> Problem:
    """Return the refusal of what passes by itself (503); nothing is lost, and the same request helps."""
    words = _("The payment provider does not answer at the moment. Nothing was charged: try again.")
    return problems.BUSY(words, headers={"Retry-After": str(seconds)})


def _blocking(issues: Sequence[CheckoutIssue]) -> Sequence[CheckoutIssue]:
    return [issue for issue in issues if issue.blocks] or issues


def _refused(error: PaymentRefused) -> Problem:
    if error.is_about_old or error.reason not in _BUYER_CAN_CHANGE:
        return later(PROVIDER_AGAIN)
    about = REFUSED_FOR[error.reason]
    return bad(_("The payment provider does not take this purchase because of %(about)s.") % {"about": about})


def _about_shipping(error: Exception) -> str:
    if isinstance(error, AddressMissing):
        return _("Your account has no address to send this to. Add one.")
    return _("This purchase cannot be delivered in the way that the shop has set.")


def _about_goods(error: Exception) -> str:
    """Return what cannot be bought and why, with its name: a client has asked for several at once."""
    if isinstance(error, TooManyLines):
        return _("At most %(limit)d different products per purchase.") % {"limit": error.limit}
    if isinstance(error, LimitReached | OverLimit):
        words = ngettext(
            "At most %(limit)d unit of %(product)s per purchase.",
            "At most %(limit)d units of %(product)s per purchase.",
            error.limit,
        )
        return words % {"limit": error.limit, "product": _name(error.variant_id)}
    if isinstance(error, InsufficientStock):
        short = error.lines[0]
        words = ngettext(
            "There is only %(count)d unit of %(product)s left.",
            "There are only %(count)d units of %(product)s left.",
            short.available,
        )
        return words % {"count": short.available, "product": _name(short.variant_id)}
    if isinstance(error, NotSellable) and not isinstance(error, ReservationRefused):
        return f"{_name(error.variant_id)}: {explain(error)}"
    return explain(error) if isinstance(error, ReservationRefused) else _("There is no such product.")


def _name(key: UUID) -> str:
    variant = Variant.objects.select_related("product").filter(pk=key).first()
    return variant_title(variant.product.name, variant.name) if variant else str(key)
