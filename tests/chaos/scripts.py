"""The manners of buying, and how often each is drawn. A manner returns how it ended, in the shopper's own eyes."""

import re
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from html import unescape
from random import Random
from typing import Any
from urllib.parse import unquote

from tests.chaos.people.browser import NoSuchForm, Page
from tests.chaos.people.shoppers import GaveUp, Shopper
from tests.chaos.services.stack import ShopStack

# What happens later, when the clock has moved: at a day drawn by the shopper.
Later = Callable[[ShopStack], str]
Manner = Callable[[Shopper, "Agenda"], str]
_QUOTE = re.compile(r'href="(/checkout/[^"]+/cuotas/[?]quote=[^"]+)"')
VOUCHERS = {"mercadopago": ("rapipago", "pagofacil"), "stripe": ("oxxo",)}


class Agenda:
    """What has been put off, in the order of its days."""

    def __init__(self) -> None:
        self._entries: list[tuple[int, int, Later]] = []

    def add(self, day: int, number: int, act: Later) -> None:
        self._entries.append((day, number, act))

    def due(self, day: int) -> list[Later]:
        """Take out what is due on the day, always in the same order."""
        due = [entry for entry in self._entries if entry[0] <= day]
        self._entries = [entry for entry in self._entries if entry[0] > day]
        return [act for _day, _number, act in sorted(due, key=lambda entry: entry[:2])]


def buy(shopper: Shopper, agenda: Agenda, day: int, manners: Collection[str] = ()) -> tuple[str, str]:
    """Buy in a drawn manner (one of `manners`, or any); return the manner's name and how it ended."""
    name, manner = draw(shopper.chance, manners)
    shopper.day = day
    try:
        if manner in SIGNED_IN:
            shopper.sign_in()
        shopper.fill_cart()
        outcome = manner(shopper, agenda)
    except GaveUp as error:
        outcome = f"left: {error}"
    except NoSuchForm as error:
        outcome = "lost"
        shopper.log.note_lost(f"purchase {shopper.number} ({name}): {error}")
    finally:
        shopper.browser.close()
    return name, outcome


def draw(chance: Random, manners: Collection[str] = ()) -> tuple[str, Manner]:
    """Draw a manner by its weight."""
    known = [one for one in MANNERS if not manners or one[0] in manners]
    name, _weight, manner = chance.choices(known, [weight for _name, weight, _manner in known])[0]
    return name, manner


def _gateway(shopper: Shopper) -> str:
    return shopper.chance.choice(shopper.gateways)


def _code(page: Page) -> str:
    """Return the provider whose page this is."""
    return "mercadopago" if "/mp/" in page.url else "stripe"


# -- the manners -------------------------------------------------------------------------------------------------------
def pay_at_once(shopper: Shopper, agenda: Agenda) -> str:
    page = shopper.go_to_pay(shopper.check_out(), _gateway(shopper))
    shopper.come_back(shopper.pay(page))
    return "paid"


def pay_and_close(shopper: Shopper, agenda: Agenda) -> str:
    """Pay, and close the window on the provider's page."""
    shopper.pay(shopper.go_to_pay(shopper.check_out(), _gateway(shopper)))
    return "paid and closed the window"


def declined_then_paid(shopper: Shopper, agenda: Agenda) -> str:
    page = shopper.go_to_pay(shopper.check_out(), _gateway(shopper))
    for _turn in range(shopper.chance.choice((1, 1, 2, 3))):
        page = shopper.pay(page, "reject" if _code(page) == "mercadopago" else "decline")
    shopper.come_back(shopper.pay(page))
    return "paid after a refusal"


def walk_away(shopper: Shopper, agenda: Agenda) -> str:
    page = shopper.go_to_pay(shopper.check_out(), _gateway(shopper))
    if _code(page) == "mercadopago" and shopper.chance.random() < 0.6:
        shopper.come_back(shopper.pay(page, "abandon"))
    return "walked away"


def voucher(shopper: Shopper, agenda: Agenda) -> str:
    """Take a voucher, and pay it in time, after its time, or never."""
    page = shopper.go_to_pay(shopper.check_out(), shopper.voucher_gateway)
    code = _code(page)
    if code != shopper.voucher_gateway:
        shopper.come_back(shopper.pay(page))
        return "paid"
    taken = shopper.pay(page, "pay", method=shopper.chance.choice(VOUCHERS[code]))
    shopper.come_back(taken)
    wait = shopper.chance.choice((0, 1, 1, 4, None))
    if wait is None:
        return "voucher, never paid"
    agenda.add(shopper.day + wait, shopper.number, lambda stack: _pay_voucher(stack, code, taken.url))
    return "voucher, to be paid in time" if wait < 3 else "voucher, to be paid too late"


def _pay_voucher(stack: ShopStack, code: str, url: str) -> str:
    subject = url.partition("?")[0].rstrip("/").rsplit("/", 1)[1]
    action = "mp.approve" if code == "mercadopago" else "stripe.pay_voucher"
    return "voucher paid" if stack.act(action, subject) else "voucher refused at the counter"


def two_tabs(shopper: Shopper, agenda: Agenda) -> str:
    """Pay in two tabs that both stand open: Mercado Pago takes both payments."""
    page = shopper.go_to_pay(
        shopper.check_out(), shopper.chance.choice((shopper.gateways[0], *shopper.gateways))
    )
    first, second = shopper.pay(page), _again(shopper, page)
    shopper.come_back(first)
    if second is not None:
        shopper.come_back(second)
    return "paid in two tabs"


def _again(shopper: Shopper, page: Page, **fields: str) -> Page | None:
    """Press the button of a page that stands open in another tab; None when the provider says that it is over."""
    try:
        return shopper.pay(page, **fields)
    except NoSuchForm:
        return None


def two_windows(shopper: Shopper, agenda: Agenda) -> str:
    """Press Pay in two windows at the same moment, perhaps for two providers; then pay on each page that opens."""
    step, gateway = shopper.check_out(), _gateway(shopper)
    wanted = (gateway, shopper.chance.choice((gateway, shopper.other(gateway))))
    windows = (shopper, shopper.twin())
    with ThreadPoolExecutor(2) as threads:
        presses = [
            threads.submit(_opened, one, step, code) for one, code in zip(windows, wanted, strict=True)
        ]
    windows[1].browser.close()
    pages = [page for press in presses if (page := press.result()) is not None]
    if not pages:
        raise GaveUp("could not pay in either window")
    for page in pages:
        paid = _again(shopper, page)
        if paid is not None:
            shopper.come_back(paid)
    return "paid in two windows"


def _opened(shopper: Shopper, step: Page, gateway: str) -> Page | None:
    try:
        return shopper.go_to_pay(step, gateway)
    except GaveUp:
        return None


def change_cart(shopper: Shopper, agenda: Agenda) -> str:
    """Cancel at the payment step, change the cart, check out again; sometimes pay on the old page nevertheless."""
    step = shopper.check_out()
    old = shopper.go_to_pay(step, _gateway(shopper))
    if not _cancel(shopper, step.url):
        return "could not cancel"
    shopper.fill_cart()
    if shopper.chance.random() < 0.4:
        _again(shopper, old)
    page = shopper.go_to_pay(shopper.check_out(), _gateway(shopper))
    shopper.come_back(shopper.pay(page))
    return "changed, then paid"


def _cancel(shopper: Shopper, step: str) -> bool:
    """Press "cancel the payment" until the shop says that it is cancelled, three times at most."""
    for _turn in range(3):
        page = shopper.visit(step)
        try:
            form = page.form("/cancelar-pago/")
        except NoSuchForm:
            return "/pagar/" in page.text
        shopper.send(page, form)
    return False


def switch_provider(shopper: Shopper, agenda: Agenda) -> str:
    """Go to one provider, come back, choose the other; sometimes pay both open pages."""
    step = shopper.check_out()
    gateway = _gateway(shopper)
    old = shopper.go_to_pay(step, gateway)
    new = shopper.go_to_pay(shopper.visit(step.url), shopper.other(gateway))
    if shopper.chance.random() < 0.5:
        _again(shopper, old)
    shopper.come_back(shopper.pay(new))
    return "switched, then paid"


def cancel_then_pay(shopper: Shopper, agenda: Agenda) -> str:
    """Cancel on the shop's page, then pay the provider's page that still stands open."""
    step = shopper.check_out()
    old = shopper.go_to_pay(step, _gateway(shopper))
    _cancel(shopper, step.url)
    paid = _again(shopper, old)
    if paid is not None:
        shopper.come_back(paid)
    return "cancelled, then tried to pay"


def under_review(shopper: Shopper, agenda: Agenda) -> str:
    """Pay by a card that Mercado Pago wants to look at; a day later it says yes or no."""
    page = shopper.go_to_pay(shopper.check_out(), shopper.gateways[0])
    if _code(page) != "mercadopago":
        shopper.come_back(shopper.pay(page))
        return "paid"
    done = shopper.pay(page, "review")
    shopper.come_back(done)
    action = shopper.chance.choice(("mp.approve", "mp.approve", "mp.reject"))
    wait = shopper.chance.choice((0, 1, 5))
    reference = _reference(shopper, page)
    agenda.add(shopper.day + wait, shopper.number, lambda stack: _end_review(stack, reference, action))
    return "under review"


def _reference(shopper: Shopper, page: Page) -> str:
    """Return the preference that a page of Mercado Pago belongs to."""
    return unquote(page.url.split("pref_id=")[1].split("&")[0])


def _end_review(stack: ShopStack, preference: str, action: str) -> str:
    ended = "nothing under review"
    for payment in stack.control(f"payments?parent={preference}"):
        if payment["status"] == "in_process" and stack.act(action, str(payment["id"])):
            ended = f"review ended by {action}"
    return ended


def late(shopper: Shopper, agenda: Agenda) -> str:
    """Leave, and pay after the link has run out: some pages let it through."""
    page = shopper.go_to_pay(shopper.check_out(), _gateway(shopper))
    code, wait = _code(page), shopper.chance.choice((1, 2))
    subject = _reference(shopper, page) if code == "mercadopago" else page.url.split("?")[0].rsplit("/", 1)[1]
    agenda.add(shopper.day + wait, shopper.number, lambda stack: _pay_late(stack, code, subject))
    return "pays late"


def _pay_late(stack: ShopStack, code: str, subject: str) -> str:
    params: dict[str, Any] = {"method": "card"} if code == "stripe" else {}
    done = stack.act("mp.late" if code == "mercadopago" else "stripe.late", subject, **params)
    return "paid late" if done else "too late for the provider"


def transfer(shopper: Shopper, agenda: Agenda) -> str:
    """Pay by bank transfer: exactly, too little, twice, too late, or never."""
    if not shopper.stack.has_transfers:
        return pay_at_once(shopper, agenda)
    code, amount = shopper.go_to_transfer(shopper.check_out())
    bank, how = shopper.stack.bank, shopper.chance.random()
    if how < 0.5:
        bank.transfer(code, amount)
        return "transferred"
    if how < 0.65:
        bank.transfer(code, amount - 100)
        return "transferred too little"
    if how < 0.75:
        bank.transfer(code, amount)
        bank.transfer(code, amount)
        return "transferred twice"
    if how < 0.9:
        agenda.add(shopper.day + shopper.chance.choice((1, 4)), shopper.number, _late_transfer(code, amount))
        return "transfers later"
    return "never transferred"


def _late_transfer(code: str, amount: Decimal) -> Later:
    def later(stack: ShopStack) -> str:
        stack.bank.transfer(code, amount)
        return "transferred late"

    return later


def instalments(shopper: Shopper, agenda: Agenda) -> str:
    """Buy in the shop's own instalments: pay the first, perhaps another one, perhaps all; or never begin."""
    step = shopper.check_out()
    if not (links := _QUOTE.findall(step.text)):
        raise GaveUp("no instalments offered")
    review = shopper.visit(unescape(shopper.chance.choice(links)))
    plan = shopper.send(review, review.form("/cuotas/", holding="quote"), {"accepts": "on"})
    if "/pedido/" not in plan.url:
        raise GaveUp("could not buy in instalments")
    if shopper.chance.random() < 0.2:
        return "instalments, the first never paid"
    _pay_instalments(shopper, plan.url, {"number": "1"})
    then = shopper.chance.choice(("nothing", "another", "the rest", "two links"))
    if then == "another":
        _pay_instalments(shopper, plan.url, {"number": "2"})
    elif then == "the rest":
        _pay_instalments(shopper, plan.url, {"all": "1"})
    elif then == "two links":
        _pay_by_two_links(shopper, plan.url)
    return f"instalments, then {then}"


def _bill(shopper: Shopper, plan: str, choice: dict[str, str]) -> Page | None:
    """Choose what to pay; return the page where one chooses how, None where nothing is left to be paid."""
    page = shopper.visit(plan)
    try:
        form = page.form("/cuotas/pagar/")
    except NoSuchForm:
        return None
    form.values.pop("number", None)
    page = shopper.send(page, form, choice)
    return page if "/pedido/" not in page.url else None


def _pay_instalments(shopper: Shopper, plan: str, choice: dict[str, str]) -> None:
    bill = _bill(shopper, plan, choice)
    if bill is not None:
        shopper.come_back(shopper.pay(shopper.go_to_pay(bill, _gateway(shopper))))


def _pay_by_two_links(shopper: Shopper, plan: str) -> None:
    """Open the pages of one instalment and of all that is left, and pay on both: one of them goes back."""
    first = _bill(shopper, plan, {"number": "2"})
    old = shopper.go_to_pay(first, _gateway(shopper)) if first is not None else None
    everything = _bill(shopper, plan, {"all": "1"})
    if everything is not None:
        new = shopper.go_to_pay(everything, _gateway(shopper))
        shopper.come_back(shopper.pay(new))
    if old is not None:
        _again(shopper, old)


MANNERS: tuple[tuple[str, int, Manner], ...] = (
    ("pays at once", 24, pay_at_once),
    ("pays and closes the window", 6, pay_and_close),
    ("is declined first", 10, declined_then_paid),
    ("walks away", 8, walk_away),
    ("takes a voucher", 14, voucher),
    ("pays in two tabs", 8, two_tabs),
    ("presses Pay twice at once", 8, two_windows),
    ("changes the cart", 8, change_cart),
    ("switches provider", 8, switch_provider),
    ("cancels, then pays", 5, cancel_then_pay),
    ("is put under review", 4, under_review),
    ("pays late", 5, late),
    ("buys in instalments", 16, instalments),
    ("pays by bank transfer", 14, transfer),
)
SIGNED_IN = frozenset({instalments})
