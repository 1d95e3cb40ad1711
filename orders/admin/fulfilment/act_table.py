"""What an act on a shipment is: its button, when it is offered, the form it asks, and the verb it calls."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from orders.models import Shipment
from shop.core.backoffice.verb_forms import VerbForm
from shop.core.user_input.lines import LineField


class ReasonForm(VerbForm):
    """Why it is done; only the staff reads it."""

    reason = LineField(label=_("reason"), max_length=200, help_text=_("Only the staff reads it."))


@dataclass(frozen=True, slots=True)
class Act:
    """An act: its code in the address, what its button and its page say, when it is offered, and its verb.

    `done` says what was done, afterwards.
    """

    code: str
    button: Any
    title: Any
    done: Any
    is_offered: Callable[[Shipment], bool]
    verb: Callable[[Shipment, dict[str, Any], str], object]
    form: type[VerbForm] = VerbForm
    lead: Any = ""
    # What its page says of this shipment, above the lead.
    facts: Callable[[Shipment], str] = lambda _shipment: ""
    is_danger: bool = False
    # Its verb calls somebody outside: not within the transaction that makes a form act once. Such verbs are safe
    # to repeat.
    calls_outside: bool = False
