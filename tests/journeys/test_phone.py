"""A phone app, which knows the shop by its API alone: an account is made, goods are bought at once and in three."""

import email
import re
from email import policy
from typing import Any

import requests

from shop.core.ids import readable_code
from tests.journeys.facts import bought_once, stock_is_true
from tests.journeys.shopper import Goods, pick
from tests.journeys.stack import PATIENCE, Stack
from tests.journeys.test_installments import offered

PASSWORD = "un-teléfono-de-prueba"
# As the profile asks: the contract of instalments names its buyer.
CONTACT = {
    "first_name": "Ana",
    "last_name": "Gómez",
    "phone": "1155550000",
    "document_type": "DNI",
    "document_number": "30123456",
    "delivery": {
        "street": "Av. Corrientes 1234",
        "city": "Buenos Aires",
        "state": "Ciudad Autónoma de Buenos Aires",
        "postal_code": "1043",
    },
}


class Phone:
    """The app: its tokens, and JSON to and from the shop."""

    def __init__(self, stack: Stack) -> None:
        self.stack, self.email = stack, f"{readable_code(8).lower()}@percha.test"
        self.session, self.access, self.refresh = "", "", ""

    def send(self, method: str, path: str, json: Any = None, *, status: int = 200, **headers: str) -> Any:
        """Send a request and return the answer's body, whose status must be the one expected."""
        if self.access:
            headers["Authorization"] = f"Bearer {self.access}"
        if self.session:
            headers["X-Session-Token"] = self.session
        url = f"{self.stack.url}/api/{path}"
        answer = requests.request(method, url, json=json, headers=headers, timeout=PATIENCE)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def sign_up(self) -> None:
        """Make an account and confirm its address with the code of the mail."""
        wanted = {"email": self.email, "password": PASSWORD}
        begun = self.send("POST", "auth/app/v1/auth/signup", wanted, status=401)
        self.session = begun["meta"]["session_token"]
        done = self.send("POST", "auth/app/v1/auth/email/verify", {"key": self._code()})
        self.access, self.refresh = done["meta"]["access_token"], done["meta"]["refresh_token"]
        self.session = ""

    def _code(self) -> str:
        """Return the code of the newest mail to this address, as it was sent."""
        self.stack.eventually(
            "SELECT count(*) FROM core_emaillog WHERE \"to\" = %s AND status = 'sent'", self.email, equals=1
        )
        for file in (self.stack.folder / "mails").iterdir():
            mail = email.message_from_bytes(file.read_bytes(), policy=policy.default)
            text = mail.get_body(("plain",)).get_content() if mail["To"] == self.email else ""
            if found := re.search(r"^([A-Z0-9]{3,4}-?[A-Z0-9]{3,4})$", text, re.MULTILINE):
                return found[1]
        raise AssertionError("no mail has the code")

    def renew(self) -> None:
        """Take new tokens, as every few minutes."""
        fresh = self.send("POST", "auth/app/v1/tokens/refresh", {"refresh_token": self.refresh})["data"]
        self.access, self.refresh = fresh["access_token"], fresh.get("refresh_token", self.refresh)

    def variant_of(self, goods: Goods) -> str:
        """Find the goods as a shopper does, in the list and on the product's own screen."""
        listed = self.send("GET", "v1/products?limit=100")
        assert listed["items"]
        variant: str = str(self.stack.value("SELECT id FROM catalog_variant WHERE sku = %s", goods.sku))
        slug = self.stack.value(
            "SELECT p.slug FROM catalog_product p JOIN catalog_variant v ON v.product_id = p.id WHERE v.id = %s",
            variant,
        )
        shown = self.send("GET", f"v1/products/{slug}")
        assert variant in {one["id"] for one in shown["variants"]}
        return variant

    def check_out(self, goods: Goods) -> str:
        """Put the goods into the cart and fill in a checkout; return its token."""
        item = {"variant": self.variant_of(goods), "quantity": 1}
        cart = self.send("POST", "v1/cart/items", item, status=201)
        assert cart["items"][0]["state"] == "reserved"
        token: str = self.send("POST", "v1/checkouts", {}, status=201)["token"]
        self.send("PUT", f"v1/checkouts/{token}/contact", {"email": self.email, **CONTACT})
        rate = self.send("GET", f"v1/checkouts/{token}/shipping-rates")[0]["id"]
        ready = self.send("PUT", f"v1/checkouts/{token}/shipping", {"rate": rate, "accepts_terms": True})
        assert ready["next"] == "payment"
        return token

    def pay(self, payable: str, *, flow: str) -> None:
        """Begin to pay with Stripe, pay there, and wait until the shop knows it by its notification."""
        begun = self.send(
            "POST",
            f"v1/payables/{payable}/payments",
            {"way": "stripe", "flow": flow},
            status=201,
            **{"Idempotency-Key": f"pay-{payable}"},
        )
        number = self.stack.value(
            "SELECT external_id FROM payments_paymentattempt WHERE token = %s", begun["id"]
        )
        if flow == "app":
            assert begun["client_secret"].startswith(number)
        act = "stripe.confirm" if flow == "app" else "stripe.pay"
        self.stack.control(f"actions/{act}", {"id": number, "method": "card"})
        self.stack.eventually(
            "SELECT status FROM payments_paymentattempt WHERE token = %s", begun["id"], equals="paid"
        )
        assert self.send("GET", f"v1/payments/{begun['id']}")["order"]


def test_an_app_lives_on_the_api_alone(stack: Stack) -> None:
    offered(stack)
    phone = Phone(stack)
    phone.sign_up()
    at_once, in_three = pick(stack, offset=8), pick(stack, offset=9)

    phone.pay(phone.check_out(at_once), flow="page")
    first = bought_once(stack, phone.email, at_once)

    phone.renew()
    token = phone.check_out(in_three)
    quotes = phone.send("GET", f"v1/checkouts/{token}/installments")
    quote = next(one for one in quotes if one["terms"]["count"] == 3 and not one["refusal"])
    accepted = {"quote": quote["id"], "accepts": True}
    plan = phone.send("POST", f"v1/checkouts/{token}/installments", accepted, status=201)
    assert [row["amount"] for row in plan["installments"]] == quote["terms"]["amounts"]
    for number in (1, 2, 3):
        bill = phone.send("POST", f"v1/plans/{plan['order']}/bills", {"numbers": [number]}, status=201)
        phone.pay(bill["token"], flow="app")
    stack.eventually(
        "SELECT p.status FROM orders_installmentplan p JOIN orders_order o ON o.id = p.order_id WHERE o.number = %s",
        plan["order"],
        equals="paid",
    )

    history = phone.send("GET", "v1/orders")["items"]
    assert [row["number"] for row in history] == [plan["order"], first]
    assert phone.send("GET", f"v1/plans/{plan['order']}")["open"] == "0.00"
    stock_is_true(stack)

    (device,) = [one for one in phone.send("GET", "v1/account/devices")["items"] if one["is_current"]]
    phone.send("DELETE", f"v1/account/devices/{device['id']}", status=204)
    phone.send("GET", "v1/orders", status=401)
