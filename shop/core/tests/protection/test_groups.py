"""Slots by group: carriers that hang leave the payments one, and no number of parties takes every thread."""

import threading
from typing import Any

from shop.core.protection import bulkhead
from shop.core.protection.errors import NotAsked


def test_carriers_never_take_the_last_slot_and_all_together_are_bounded(settings: Any):
    settings.PAYMENT_CALLS_PER_PROVIDER, settings.PAYMENT_CALLS_IN_ALL = 2, 3
    settings.CARRIER_CALLS_EACH, settings.CARRIER_CALLS_IN_ALL = 2, 2
    leave, threads, outcomes = threading.Event(), [], []

    def call(party: str, known: threading.Event) -> None:
        try:
            with bulkhead.slot(party):
                outcomes.append((party, "in"))
                known.set()
                leave.wait(60)
        except NotAsked as error:
            outcomes.append((party, error.code))
            known.set()

    for party in ("carrier:a", "carrier:b", "carrier:c", "stripe", "conekta"):
        known = threading.Event()
        threads.append(threading.Thread(target=call, args=(party, known)))
        threads[-1].start()
        assert known.wait(60)
    leave.set()
    for thread in threads:
        thread.join(60)
    assert dict(outcomes) == {
        "carrier:a": "in",
        "carrier:b": "in",
        "carrier:c": "busy",
        "stripe": "in",
        "conekta": "busy",
    }
    assert bulkhead.taken() == {}
