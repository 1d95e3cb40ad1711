"""A guest's whole purchase over HTTP, as a browser without JavaScript makes it; each step also by itself."""

import hashlib
import hmac
import json
import re
import time
import urllib.request
from typing import Final
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

from benchmarks.drop import somebody
from benchmarks.web import PRODUCTION, Answer, Client

CONTACT: Final = {
    "email": "lucia@example.com",
    "first_name": "Lucía",
    "last_name": "Ferro",
    "phone": "+54 11 5555 1234",
    "document_type": "DNI",
    "document_number": "30111222",
    "delivery-street": "Av. Siempreviva 742",
    "delivery-city": "Buenos Aires",
    "delivery-postal_code": "1414",
    "delivery-state": "Ciudad Autónoma de Buenos Aires",
}
_RATE: Final = re.compile(r'name="rate"[^>]*value="([^"]+)"|value="([^"]+)"[^>]*name="rate"')
# The status page of a payment asks again by itself.
_PAYING: Final = re.compile('http-equiv="refresh"')


class NotBought(Exception):
    """A step was answered otherwise than a purchase expects."""


class Visitor:
    """A visitor with cookies, who wants one unit of a variant."""

    def __init__(self, variant: object) -> None:
        self.variant = variant
        self.cookies: dict[str, str] = {}
        self.checkout = ""
        self.rate = ""
        self._address = somebody()

    def get(self, client: Client, path: str) -> Answer:
        return self._kept(client.get(path, cookies=self._cookies(), headers=self._address))

    def post(self, client: Client, path: str, fields: dict[str, str]) -> Answer:
        body = urlencode(fields)
        # As a browser says that the form is the shop's own.
        headers = f"Sec-Fetch-Site: same-origin\r\n{self._address}"
        return self._kept(client.post(path, body, cookies=self._cookies(), headers=headers))

    def _cookies(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items() if name != "csrftoken")

    def _kept(self, answer: Answer) -> Answer:
        self.cookies.update(answer.cookies)
        return answer

    # -- the steps --------------------------------------------------------------------------------------------------
    def add(self, client: Client) -> Answer:
        return expect(
            self.post(client, "/carrito/agregar/", {"variant": str(self.variant), "quantity": "1"}), 302
        )

    def see_cart(self, client: Client) -> Answer:
        return expect(self.get(client, "/carrito/"), 200)

    def begin(self, client: Client) -> Answer:
        answer = expect(self.post(client, "/checkout/", {}), 302)
        self.checkout = answer.location.rpartition("/datos/")[0]
        return answer

    def see_contact(self, client: Client) -> Answer:
        return expect(self.get(client, f"{self.checkout}/datos/"), 200)

    def send_contact(self, client: Client) -> Answer:
        return expect(self.post(client, f"{self.checkout}/datos/", CONTACT), 302)

    def see_shipping(self, client: Client) -> Answer:
        answer = expect(self.get(client, f"{self.checkout}/envio/"), 200)
        found = _RATE.search(answer.body)
        self.rate = (found[1] or found[2]) if found else ""
        return answer

    def send_shipping(self, client: Client) -> Answer:
        return expect(self.post(client, f"{self.checkout}/envio/", {"rate": self.rate, "terms": "on"}), 302)

    def see_payment(self, client: Client) -> Answer:
        return expect(self.get(client, f"{self.checkout}/pago/"), 200)

    def pay(self, client: Client) -> Answer:
        answer = self.post(client, f"{self.checkout}/pagar/", {"gateway": "mercadopago"})
        for _turn in range(30):
            refresh = re.search(r'http-equiv="refresh" content="([0-9]+); url=([^"]+)"', answer.body)
            if answer.status != 200 or not refresh:
                break
            time.sleep(float(refresh[1]))
            answer = self.get(client, refresh[2])
        return expect(answer, 303)

    def come_back(self, client: Client, path: str) -> Answer:
        """Return the order's page, where the status page leads once the worker has placed it."""
        for _turn in range(100):
            answer = self.get(client, path)
            if answer.status == 302:
                path = answer.location
            elif "/pedido/" in path:
                return expect(answer, 200)
            elif not _PAYING.search(answer.body):
                break
            else:
                time.sleep(0.1)
        raise NotBought(f"no order yet at {path}")

    def reach_payment(self, client: Client) -> None:
        """Do all that comes before the choice of a way to pay."""
        for step in (self.add, self.see_cart, self.begin, self.see_contact, self.send_contact):
            step(client)
        self.see_shipping(client)
        self.send_shipping(client)
        client.close()


def expect(answer: Answer, status: int) -> Answer:
    if answer.status != status:
        raise NotBought(f"{answer.status} {answer.location}, not {status}: {answer.body[:400]}")
    return answer


def purchase(variant: object, product: str, there: str, client: Client) -> Answer:
    """Buy one unit; the answer is the order's page, with the seconds of the whole purchase."""
    begun = time.perf_counter()
    visitor = Visitor(variant)
    expect(visitor.get(client, product), 200)
    for step in (
        visitor.add,
        visitor.see_cart,
        visitor.begin,
        visitor.see_contact,
        visitor.send_contact,
        visitor.see_shipping,
        visitor.send_shipping,
        visitor.see_payment,
    ):
        step(client)
    preference = visitor.pay(client).location.rpartition("/")[2]
    with urllib.request.urlopen(f"{there}/_pay/{preference}", timeout=20) as answer:
        payment = json.load(answer)
    notify(client, payment["id"])
    back = urlsplit(payment["back"]).path
    page = visitor.come_back(client, back)
    return Answer(page.status, "", {}, time.perf_counter() - begun)


def notify(client: Client, payment: int) -> None:
    """Send the provider's notification, signed."""
    request_id, stamp = str(uuid4()), str(int(time.time() * 1000))
    secret = PRODUCTION["MERCADOPAGO_WEBHOOK_SECRETS"]
    signed = f"id:{payment};request-id:{request_id};ts:{stamp};"
    signature = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).hexdigest()
    expect(
        client.post_json(
            f"/payments/webhook/mercadopago/?data.id={payment}&type=payment",
            json.dumps({"type": "payment", "action": "payment.created", "data": {"id": str(payment)}}),
            headers=f"x-request-id: {request_id}\r\nx-signature: ts={stamp},v1={signature}\r\n{somebody()}",
        ),
        200,
    )
