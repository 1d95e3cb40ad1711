"""How a drop is shared when one source asks for all of it: 50 units, over HTTP: `python -m benchmarks.source_limits`.

Visitors have addresses by the trusted proxy's header, as behind one nginx. Three drops, requested by

1. one address with 1,000 carts, before and among 200 buyers with an address each;
2. the same from a /24: 254 addresses with four carts each;
3. 100 real buyers behind one address of a mobile carrier, as guests and signed in: how many reserve at once, what the
   others read, and how many have bought when each pays and so frees their share.

Counts, no times: they are the same on every machine.
"""

import argparse
import random
import re
from collections import Counter
from collections.abc import Sequence
from functools import partial
from html import unescape

from benchmarks.drop import ADD, UNITS, WIDTH, make_drop
from benchmarks.environment import servers
from benchmarks.web import PRODUCTION, Answer, Client, in_flight, serve

CARTS, BUYERS, REAL = 1000, 200, 100
LEAST = 45  # Of fifty units, what one address with a thousand carts must leave to the others.
LEAST_BESIDE_NETWORK = 40
HOARDER = "198.51.100.7"


def press(variant: object, address: str, client: Client, *, cookies: str = "") -> Answer:
    """Press the button in a browser with its own cookies; the proxy appends the address to what the visitor claims."""
    forged = f"10.{random.randrange(256)}.{random.randrange(256)}.1"
    return client.post(
        ADD,
        f"variant={variant}&quantity=1",
        cookies=cookies,
        headers=f"HX-Request: true\r\nHX-Target: cart-drawer\r\nX-Forwarded-For: {forged}, {address}\r\n",
    )


def buyer(number: int) -> str:
    """Return an address of which no other buyer shares the network."""
    return f"203.{number // 250}.{number % 250}.9"


def reserved_by(level: object, addresses: set[str]) -> tuple[int, int]:
    """Return the units of a level that these addresses have reserved, and those that all others have."""
    from django.db import connection

    from inventory.models import Reservation
    from inventory.reservations import source_limits

    keys = {source_limits.key("ip", address) for address in addresses}
    rows = Reservation.objects.filter(level_id=level, status="active").values_list("source_ip", "quantity")
    theirs = sum(units for key, units in rows if key in keys)
    others = sum(units for key, units in rows if key not in keys)
    connection.close()
    return theirs, others


def hoard(port: int, addresses: Sequence[str], carts: int, *, comes_first: bool) -> tuple[int, int]:
    """Let the hoarder's carts and the buyers request a drop at once; return the units that each side has reserved."""
    from django.db import connection

    level, variant = make_drop()
    forget_reservations()
    connection.close()
    greedy = [partial(press, variant, addresses[number % len(addresses)]) for number in range(carts)]
    run_clients = [partial(press, variant, buyer(number)) for number in range(BUYERS)]
    acts = greedy + run_clients
    if not comes_first:
        random.Random(50).shuffle(acts)
    answers, _seconds = in_flight(acts, port=port, width=WIDTH)
    wrong = [answer for answer in answers if answer.status not in (200, 422)]
    if wrong:
        raise SystemExit(f"unexpected answers: {wrong[:2]}")
    return reserved_by(level, set(addresses))


def sign_in(count: int) -> list[str]:
    """Make so many accounts that are signed in; return their cookies."""
    from django.conf import settings
    from django.db import connection
    from django.test import Client as Browser

    from shop.accounts.models import User
    from shop.core.ids import readable_code

    cookies = []
    for number in range(count):
        user = User.objects.create(email=f"{readable_code(8).lower()}{number}@example.com")
        user.set_unusable_password()
        user.save()
        browser = Browser()
        browser.force_login(user)
        name = settings.SESSION_COOKIE_NAME
        cookies.append(f"{name}={browser.cookies[name].value}")
    connection.close()
    return cookies


def carrier(port: int, cookies: Sequence[str]) -> tuple[list[int], Counter[str]]:
    """Let REAL buyers behind one address request a drop, in rounds: who has a unit pays for it before the next round.

    Returns the units bought in each round, and the messages that those who had none got in the first.
    """
    from django.db import connection

    level, variant = make_drop()
    forget_reservations()
    connection.close()
    served: set[int] = set()
    rounds: list[int] = []
    replies: Counter[str] = Counter()

    def come(number: int, client: Client) -> Answer:
        answer = press(variant, HOARDER, client, cookies=cookies[number] if cookies else "")
        if answer.status == 200:
            served.add(number)
        return answer

    while sum(rounds) < UNITS:
        acts = [partial(come, number) for number in range(REAL) if number not in served]
        answers, _seconds = in_flight(acts, port=port, width=WIDTH)
        if not rounds:
            replies.update(_words(answer.body) for answer in answers if answer.status == 422)
        bought = _buy(level)
        if not bought:
            break
        rounds.append(bought)
    return rounds, replies


def forget_reservations() -> None:
    """Release all reservations, so that each drop begins with sources that have none."""
    from inventory import reservations
    from inventory.models import Reservation

    for cart_id in set(Reservation.objects.filter(status="active").values_list("cart_id", flat=True)):
        reservations.release(cart_id=cart_id, reason="benchmark", actor="benchmark")


def _buy(level: object) -> int:
    """Turn every reservation of a level into a sale."""
    from django.db import connection, transaction

    from inventory import reservations
    from inventory.models import Reservation
    from shop.core.ids import uuid7

    reserved = list(Reservation.objects.filter(level_id=level, status="active"))
    for reservation in reserved:
        assert reservation.cart_id
        checkout = uuid7()
        reservations.assign_to_checkout(cart_id=reservation.cart_id, checkout_id=checkout, actor="benchmark")
        with transaction.atomic():
            reservations.convert(
                checkout_id=checkout,
                wanted={reservation.variant_id: reservation.quantity},
                order_id=uuid7(),
                reference=str(checkout),
                actor="benchmark",
            )
    connection.close()
    return len(reserved)


def _words(page: str) -> str:
    """Return the sentence that the drawer shows to whoever was refused."""
    found = re.search(r'role="alert"[^>]*>(.*?)</', page, re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", found.group(1) if found else page[:200])).split())


def main(options: argparse.Namespace) -> None:
    failed = []
    with servers(), serve("shop.wsgi", BEHIND_PROXY="on", TRUSTED_PROXY_COUNT="1") as port:
        from django.conf import settings

        from inventory.checks import runner

        # Digests of addresses and sessions are made under the key of the server that is measured.
        settings.SECRET_KEY = PRODUCTION["SECRET_KEY"]
        network = [f"198.51.100.{number}" for number in range(1, 255)]
        attacks: list[tuple[str, Sequence[str], int, int]] = [
            (f"one address, {CARTS:,} carts", [HOARDER], CARTS, LEAST),
            ("a /24, 254 addresses, 1,016 carts", network, 4 * len(network), LEAST_BESIDE_NETWORK),
        ]
        for name, addresses, carts, least in attacks:
            for comes_first in (True, False):
                greedy, others = hoard(port, addresses, carts, comes_first=comes_first)
                when = "first" if comes_first else "among them"
                print(f"{name}, {when:<10}: holds {greedy} of {UNITS}, leaves {others} to {BUYERS} buyers")
                if others < least or greedy + others != UNITS:
                    failed.append(f"{name}, {when}: {others} of {UNITS} were left")
        for name, cookies in (("guests", []), ("signed in", sign_in(REAL))):
            rounds, replies = carrier(port, cookies)
            print(
                f"{REAL} buyers behind one address, {name}: {rounds[0] if rounds else 0} hold at once; paying in turns,"
                f" {sum(rounds)} of {UNITS} units were bought in {len(rounds)} rounds"
            )
            for words, number in replies.most_common():
                print(f"    {number} were told: {words}")
            if sum(rounds) != UNITS:
                failed.append(f"{name}: {sum(rounds)} of {UNITS} were sold")
        print(runner.check() or "the stock agrees with its ledger and its holds")
    if failed:
        raise SystemExit("; ".join(failed))


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    return argparse.ArgumentParser(description="Who gets a drop when one source wants it all.").parse_args(
        arguments
    )


if __name__ == "__main__":
    main(parse())
