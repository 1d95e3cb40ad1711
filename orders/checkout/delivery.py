"""Where a checkout's purchase is handed over: what a carrier's price depends on, and the branch that was chosen."""

from orders.models import CheckoutSession
from orders.shipping import branches
from orders.shipping.rates import Quote


class BranchNotOffered(ValueError):
    """The way ends at a carrier's branch, and no known one was named. Choosing one helps."""


def whereabouts(session: CheckoutSession) -> tuple[str, ...]:
    """Return what a carrier's price depends on of the address."""
    address = session.shipping_address
    return (address.country, address.state, address.city, address.postal_code) if address else ()


def set_branch(session: CheckoutSession, quote: Quote | None, code: str) -> None:
    """Write the branch where it is fetched; none where the way does not end at one."""
    session.branch_code = session.branch_name = ""
    if quote is None or not quote.has_branches:
        return
    known = branches.known(quote, session.shipping_address)
    found = branches.find(known, code)
    if found is None and (known or code):
        raise BranchNotOffered(code)
    if found is not None:
        session.branch_code, session.branch_name = found.code, found.label[:200]
