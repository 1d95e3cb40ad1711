"""An invoice of the tax office in the browser: of the class that the buyer's tax condition asks for, read from its PDF."""

import json
from base64 import b64decode
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import pypdfium2
import zxingcpp

from tests.journeys.conftest import MakeShopper
from tests.journeys.facts import documents
from tests.journeys.mailbox import mail
from tests.journeys.sales import bought
from tests.journeys.shopper import Shopper, sizes
from tests.journeys.stack import Stack

EMAIL = "empresa@example.com"
CUIT = "33693450239"
CLASS_A = 1
AS_CUIT = 80


def downloaded(visitor: Shopper, email: str) -> bytes:
    """Download the document of an order by its page, and by the mail's link: the same file."""
    page = visitor.page
    page.goto(mail(visitor.stack, "order_confirmation", email).link("/pedido/"))
    address = page.locator("a[href$='/pdf/']").get_attribute("href")
    answers = [
        page.request.get(one)
        for one in (f"{visitor.stack.url}{address}", mail(visitor.stack, "invoice", email).link("/pdf/"))
    ]
    assert {one.headers["content-type"] for one in answers} == {"application/pdf"}
    (body,) = {one.body() for one in answers}
    return body


def test_a_company_gets_an_invoice_of_its_class(stack: Stack, shopper: MakeShopper) -> None:
    visitor = shopper(javascript=False)
    order = bought(stack, visitor, EMAIL, *sizes(stack, 1, offset=6), gateway="stripe", cuit=CUIT)
    assert documents(stack, order["id"]) == [("invoice", order["total"])]
    (row,) = stack.rows("SELECT * FROM orders_invoice WHERE order_id = %s", order["id"])
    (issued,) = [one for one in stack.control("documents") if one["CAE"] == row["authorisation"]]
    asked = (issued["CbteTipo"], int(issued["DocTipo"]), issued["DocNro"])
    assert asked == (CLASS_A, AS_CUIT, CUIT)

    paper = pypdfium2.PdfDocument(downloaded(visitor, EMAIL))[0]
    words = " ".join(paper.get_textpage().get_text_range().split())
    for said in (row["name"].split()[-1], row["authorisation"], "COD. 01"):
        assert said in words
    (code,) = zxingcpp.read_barcodes(paper.render(scale=4).to_pil())
    facts = json.loads(b64decode(parse_qs(urlsplit(code.text).query)["p"][0]))
    assert (facts["tipoCmp"], facts["tipoDocRec"], str(facts["nroDocRec"])) == (CLASS_A, AS_CUIT, CUIT)
    assert (facts["nroCmp"], str(facts["codAut"])) == (row["number"], row["authorisation"])
    assert Decimal(str(facts["importe"])) == order["total"]
    assert not visitor.problems, visitor.problems
