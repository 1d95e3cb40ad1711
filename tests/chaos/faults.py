"""What strikes, and when: a plan drawn from the seed, by the number of the purchase before which each thing strikes."""

import hashlib
import hmac
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.chaos.records.log import Log
from tests.chaos.services.stack import ShopStack

HOUR, DAY = 3600, 86_400
# How likely each of these strikes before any one purchase.
WEBHOOK_RATE, API_RATE, MONEY_RATE, REFUND_RATE, FORGED_RATE = 0.6, 0.3, 0.04, 0.08, 0.25
# One process or server is struck before every so many purchases.
PURCHASES_PER_KILL = 8
KILLS = ("worker", "web", "redis", "postgres", "beat", "postgres crash")


@dataclass(frozen=True)
class Strike:
    """One fault armed at the provider: it hits the next `count` calls or facts that it fits."""

    name: str
    params: dict[str, Any] = field(default_factory=dict)
    request: str = ""
    count: int = 1

    @property
    def kind(self) -> str:
        """Return its name in the figures."""
        after = ", after the effect" if self.params.get("effect") else ""
        times = f" ×{self.params['times']}" if "times" in self.params else ""
        days = " by days" if self.name == "webhook_delay" and self.params["seconds"] >= DAY else ""
        return f"{self.name}{times}{days}{after}"


@dataclass(frozen=True)
class Plan:
    """By purchase number: what is armed, what is forged, what is killed; and on which days no webhook arrives."""

    strikes: dict[int, list[Strike]]
    forged: dict[int, int]
    kills: dict[int, str]
    silent_days: frozenset[int]


def plan(seed: int, *, purchases: int, days: int, harsh: float = 1.0) -> Plan:
    """Draw the plan, every rate times `harsh`. Each kind of kill comes at least once, and so does a silent day."""
    chance = Random(f"{seed}:faults")
    strikes = {number: drawn for number in range(purchases) if (drawn := list(_strikes(chance, harsh)))}
    forged = {
        number: chance.choice((1, 1, 2))
        for number in range(purchases)
        if chance.random() < FORGED_RATE * harsh
    }
    turns = max(len(KILLS), int(purchases * harsh / PURCHASES_PER_KILL))
    names = [*KILLS, *chance.choices(KILLS, k=turns - len(KILLS))]
    chance.shuffle(names)
    span = purchases / turns
    kills = {int(span * turn + chance.random() * span): name for turn, name in enumerate(names)}
    silent = chance.sample(range(days), k=max(1, days // 4))
    return Plan(strikes, forged, kills, frozenset(silent))


def _strikes(chance: Random, harsh: float) -> Iterator[Strike]:
    if chance.random() < WEBHOOK_RATE * harsh:
        yield chance.choice(
            (
                Strike("webhook_drop", count=chance.choice((1, 2))),
                Strike("webhook_delay", {"seconds": chance.choice((2, HOUR, 6 * HOUR))}),
                Strike("webhook_delay", {"seconds": chance.choice((1, 2, 4)) * DAY}),
                Strike("webhook_duplicate", {"times": 5}),
                Strike("webhook_reorder"),
                Strike("webhook_wrong_signature"),
                Strike("webhook_old_ts", {"seconds": 3 * DAY}),
                Strike("webhook_before_redirect"),
            )
        )
    if chance.random() < API_RATE * harsh:
        hang = {"seconds": 2.5}
        yield chance.choice(
            (
                Strike("http_500"),
                Strike("http_500", {"effect": True}),
                Strike("http_429", {"retry_after": 1}, count=chance.choice((1, 3))),
                Strike("timeout_before", hang),
                Strike("timeout_after", hang),
                Strike("timeout_after", hang, request="POST"),
                Strike("not_found"),
            )
        )
    if chance.random() < REFUND_RATE * harsh:
        yield chance.choice(
            (
                Strike("refund_in_process", {"seconds": float(chance.choice((1, 20)) * HOUR)}),
                Strike("refund_failed", {"seconds": 1.0}),
                Strike("timeout_after", {"seconds": 2.5}, request="refunds"),
                Strike("http_500", {"effect": True}, request="refunds"),
            )
        )
    if chance.random() < MONEY_RATE * harsh:
        yield chance.choice(
            (
                Strike("amount_delta", {"delta": chance.choice(("1.00", "-1.00", "0.01"))}),
                Strike("other_currency", {"currency": "USD"}),
                Strike("other_account"),
            )
        )


class Striker:
    """Let the plan happen to a house, and count it."""

    def __init__(self, stack: ShopStack, log: Log, drawn: Plan, seed: int) -> None:
        self.stack, self.log, self.plan, self.seed = stack, log, drawn, seed

    def before(self, number: int) -> None:
        """Arm and forge what the plan has for this purchase."""
        for strike in self.plan.strikes.get(number, ()):
            self.arm(strike)
        for turn in range(self.plan.forged.get(number, 0)):
            self.forge(number, turn)

    def arm(self, strike: Strike) -> None:
        self.stack.control(
            "faults",
            {
                "name": strike.name,
                "request": strike.request,
                "count": strike.count,
                "params": strike.params,
            },
        )
        self.log.note(self.log.struck, f"{strike.kind} (armed)", strike.count)

    def silence(self) -> None:
        """Lose every webhook from now on, until the faults are taken away."""
        self.stack.control("faults", {"name": "webhook_drop", "count": None})
        self.log.note(self.log.struck, "days on which every webhook is lost")

    def disarm(self) -> None:
        """Take away what is still armed; what never struck is not counted."""
        for fault in self.stack.control("faults")["armed"]:
            if fault["remaining"] is not None:
                left = Strike(fault["name"], fault["params"], fault["request"])
                self.log.note(self.log.struck, f"{left.kind} (armed)", -fault["remaining"])
        self.stack.disarm()

    # -- killing -----------------------------------------------------------------------------------------------------
    def kill(self, name: str) -> None:
        """Kill a process, or strike a server, and bring it back."""
        acts: dict[str, Callable[[], None]] = {
            "redis": self.stack.servers.flush_redis,
            "postgres": lambda: self.stack.servers.restart_postgres(crash=False),
            "postgres crash": lambda: self.stack.servers.restart_postgres(crash=True),
        }
        words = {
            "redis": "Redis flushed",
            "postgres": "PostgreSQL restarted",
            "postgres crash": "PostgreSQL crashed",
        }
        if name in acts:
            acts[name]()
        else:
            self.stack.kill(name)
            self.stack.begin(name)
        self.log.note(self.log.struck, words.get(name, f"SIGKILL of {name}"))

    # -- forging -----------------------------------------------------------------------------------------------------
    def forge(self, number: int, turn: int) -> None:
        """Send the shop a webhook that no provider has signed, about a payment that exists if there is one."""
        chance = Random(f"{self.seed}:forged:{number}:{turn}")
        gateway = chance.choice(self.stack.gateways)
        make = _forged_mercadopago if gateway == "mercadopago" else _forged_stripe
        path, body, headers = make(self.stack, chance)
        request = urllib.request.Request(self.stack.url + path, data=body, headers=headers, method="POST")
        for _turn in range(400):
            try:
                with urllib.request.urlopen(request, timeout=60):
                    self.log.note_forged(refused=False)
                    return
            except urllib.error.HTTPError as error:
                error.close()
                if error.code < 500:
                    self.log.note_forged(refused=True)
                    return
            except OSError:
                pass
            time.sleep(0.3)  # The shop is down: a forger can wait.


Forged = tuple[str, bytes, dict[str, str]]


def _forged_mercadopago(stack: ShopStack, chance: Random) -> Forged:
    there = stack.control("payments")
    subject = str(chance.choice(there)["id"]) if there else "1234567890"
    stamp = str(int(time.time() * 1000))
    manifest = f"id:{subject};request-id:forged;ts:{stamp};"
    signature = hmac.new(b"not-the-secret", manifest.encode(), hashlib.sha256).hexdigest()
    headers = {"Content-Type": "application/json", "x-request-id": "forged"}
    if chance.random() < 0.7:
        headers["x-signature"] = f"ts={stamp},v1={signature}"
    body = {"action": "payment.updated", "type": "payment", "data": {"id": subject}, "forged": True}
    return (
        f"/payments/webhook/mercadopago/?data.id={subject}&type=payment",
        json.dumps(body).encode(),
        headers,
    )


def _forged_stripe(stack: ShopStack, chance: Random) -> Forged:
    there = [session for session in stack.control("sessions") if session["status"] != "open"]
    data = chance.choice(there) if there else {"id": "cs_test_forged", "object": "checkout.session"}
    event = {
        "id": f"evt_forged_{chance.getrandbits(60):x}",
        "object": "event",
        "type": "checkout.session.completed",
        "data": {"object": {**data, "payment_status": "paid", "status": "complete"}},
        "forged": True,
    }
    body, stamp = json.dumps(event).encode(), int(time.time())
    signature = hmac.new(b"not-the-secret", f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    headers = {"Content-Type": "application/json"}
    if chance.random() < 0.7:
        headers["Stripe-Signature"] = f"t={stamp},v1={signature}"
    return "/payments/webhook/stripe/", body, headers
