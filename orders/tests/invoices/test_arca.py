"""Documents at ARCA, against the sandbox over HTTP: requests that its schema takes, and what each answer leads to."""

import json
from base64 import b64decode
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pypdfium2
import pytest
import zxingcpp
from django.utils import timezone

from orders.invoices import acts, issuing, papers, writer
from orders.invoices.fiscal.arca import client
from orders.invoices.printed import printed
from orders.models import FiscalTicket, ForeignInvoiceNumber, Invoice, InvoiceMessage, InvoiceSeries, Order
from orders.reimbursements.left import for_sum, for_units, left_of
from orders.tests.factories import make_cart, make_order, make_variant
from orders.tests.invoices.office import CUIT, Office, due_now
from orders.tests.invoices.test_receipts import paid_back
from shop.core.models import EmailLog

pytestmark = pytest.mark.django_db


def issued(order: Order) -> Invoice:
    """Let the job issue what is due; return the order's invoice."""
    issuing.issue_due()
    return Invoice.objects.get(order=order, kind="invoice")


def test_an_invoice_is_issued_with_its_cae_printed_with_its_qr_and_mailed(arca: Office):
    order = make_order(make_cart((make_variant(), 3)))
    row = issued(order)
    assert (row.status, row.name, row.number) == ("authorised", "B 00001-00000001", 1)
    (at_office,) = arca.issued()
    assert at_office.body["CAE"] == row.authorisation
    assert (
        at_office.body
        | {
            "ImpTotal": str(order.total),
            "DocTipo": "96",
            "DocNro": "30123456",
            "CondicionIVAReceptorId": "5",
        }
        == at_office.body
    )
    # The tax of the whole is exact, and the lines add up to it.
    assert row.net == (order.total / Decimal("1.21")).quantize(Decimal("0.01"))
    assert sum(line.net for line in row.lines.all()) == row.net
    assert order.total == row.net + row.tax
    order.refresh_from_db()
    assert order.invoice_number == row.name
    assert EmailLog.objects.filter(kind="invoice").count() == 1


def test_the_paper_has_all_that_law_wants_and_a_code_that_is_read_from_it(arca: Office):
    order = make_order()
    row = issued(order)
    page = pypdfium2.PdfDocument(papers.file_of(row))[0]
    words = " ".join(page.get_textpage().get_text_range().split())
    for said in (
        "COD. 06",
        "00001-00000001",
        row.authorisation,
        "Régimen de Transparencia Fiscal al Consumidor Ley 27.743",
        "IVA contenido",
        "Consumidor final",
        "Responsable inscripto",
        "01/03/2020",
    ):
        assert said in words
    (code,) = zxingcpp.read_barcodes(page.render(scale=4).to_pil())
    assert code.ec_level == "M"
    # 36 mm with its quiet zone: the dark part is at least 25 mm wide.
    wide = (code.position.top_right.x - code.position.top_left.x) / 4 / 72 * 25.4
    assert wide >= 25
    facts = json.loads(b64decode(parse_qs(urlsplit(code.text).query)["p"][0]))
    assert list(facts) == [
        *("ver", "fecha", "cuit", "ptoVta", "tipoCmp", "nroCmp", "importe", "moneda", "ctz"),
        *("tipoDocRec", "nroDocRec", "tipoCodAut", "codAut"),
    ]
    assert (facts["cuit"], facts["nroCmp"], facts["codAut"]) == (int(CUIT), 1, int(row.authorisation))
    assert Decimal(str(facts["importe"])) == order.total


@pytest.mark.parametrize(
    ("condition", "seller", "letter", "doc"),
    [
        ("RI", "RI", "A", 80),
        ("MT", "RI", "A", 80),
        ("EX", "RI", "B", 80),
        ("", "RI", "B", 86),
        ("RI", "MT", "C", 80),
    ],
)
def test_the_class_follows_from_who_sells_and_who_buys(arca, settings, condition, seller, letter, doc):
    settings.SELLER_TAX_CONDITION = seller
    arca.sold_by(seller)
    order = make_order()
    Order.objects.filter(pk=order.pk).update(
        tax_condition=condition, document_type="CUIT", document_number="20301234563"
    )
    row = issued(order)
    assert (row.status, row.series.letter, row.last_error) == ("authorised", letter, "")
    document = row.content["fiscal"]
    assert document["document_type"] == doc
    assert bool(document["taxes"]) is (seller == "RI")
    shown = printed(row)
    assert [label for label, _amount in shown.sums] == (["Neto", "IVA 21 %"] if letter == "A" else [])
    assert bool(shown.legends) is (letter == "B" and not condition)


def test_credit_notes_name_their_invoice_and_close_it_to_the_cent(arca: Office):
    order = make_order(make_cart((make_variant(price=Decimal("33.33")), 3)))
    row = issued(order)
    line = order.lines.get()
    for key, lines in (
        ("a", for_units(left_of(order), {line.pk: 1})),
        ("b", for_sum(Decimal("10.01"))),
    ):
        paid_back(order, lines, key)
        issuing.issue_due()
    left = left_of(order)
    rest = for_units(left, {line.pk: 2}, shipping=True)
    rest[0].amount -= Decimal("10.01")
    paid_back(order, rest, "c")
    issuing.issue_due()
    notes = list(Invoice.objects.filter(related_to=row, status="authorised"))
    assert len(notes) == len(arca.issued(8)) == 3
    for name in ("total", "net", "tax"):
        assert sum(getattr(note, name) for note in notes) == getattr(row, name)


def test_a_time_out_after_issuing_is_asked_for_and_adopted(arca: Office):
    first, second = make_order(), make_order()
    arca.arm("timeout_after", target="FECAESolicitar")
    issuing.issue_due()
    row = Invoice.objects.get(order=first)
    assert (row.status, row.number) == ("unknown", 1)
    # Nothing overtakes it.
    assert Invoice.objects.get(order=second).number is None
    issuing.issue_due()
    assert Invoice.objects.get(order=first).status == "unknown"
    due_now()
    issuing.issue_due()
    row.refresh_from_db()
    assert (row.status, row.authorisation) == ("authorised", arca.issued()[0].body["CAE"])
    assert Invoice.objects.get(order=second).number == 2
    assert [one.body["CbteDesde"] for one in arca.issued()] == ["1", "2"]


@pytest.mark.parametrize(
    ("fault", "params"),
    [
        ("timeout_before", {}),
        ("http_500", {}),
        ("http_500", {"effect": True}),
        ("arca_internal", {"code": "500"}),
        ("arca_internal", {"code": "501", "effect": True}),
        ("arca_internal", {"code": "502"}),
    ],
)
def test_without_an_answer_one_document_comes_of_it(arca: Office, fault, params):
    order = make_order()
    arca.arm(fault, target="FECAESolicitar", **params)
    assert issued(order).status == "unknown"
    due_now()
    row = issued(order)
    assert (row.status, row.number, len(arca.issued())) == ("authorised", 1, 1)
    assert InvoiceSeries.objects.get().next_number == 2


def test_a_refusal_gives_the_number_back_and_staff_correct_and_issue_again(arca: Office):
    order, other = make_order(), make_order()
    arca.arm("arca_rejected", code="10015", msg="El CUIT no existe")
    row = issued(order)
    assert (row.status, row.number, row.remarks) == (
        "rejected",
        None,
        [{"code": "10015", "text": "El CUIT no existe"}],
    )
    assert not row.lines.exists()
    assert Invoice.objects.get(order=other).number == 1
    assert EmailLog.objects.filter(kind="invoice_attention").count() == 1
    acts.issue_again(
        row, document_type="CUIT", document_number="20301234563", tax_condition="RI", actor="staff"
    )
    row = issued(order)
    assert (row.status, row.name) == ("authorised", "A 00001-00000001")
    with pytest.raises(acts.NotThatState):
        acts.issue_again(row, document_type="", document_number="", tax_condition="", actor="staff")


def test_our_own_rules_refuse_before_a_number_is_taken(arca: Office, settings):
    settings.ARCA_IDENTIFY_FROM = Decimal(1)
    order, other = make_order(), make_order()
    Order.objects.filter(pk=order.pk).update(document_type="FOREIGN", document_number="FT482136")
    Order.objects.filter(pk=other.pk).update(tax_condition="RI")
    row = issued(order)
    assert (row.status, row.series) == ("rejected", None)
    assert "identificar" in row.last_error
    assert "CUIT" in Invoice.objects.get(order=other).last_error
    assert not InvoiceMessage.objects.exists()


def test_observations_and_events_do_not_stop_an_issued_document(arca: Office, caplog):
    order = make_order()
    arca.arm("arca_observed", code="10217", msg="Revisá el domicilio")
    arca.arm("arca_event", target="FECAESolicitar", msg="Cambia el 1/12")
    row = issued(order)
    assert (row.status, row.remarks) == ("authorised", [{"code": "10217", "text": "Revisá el domicilio"}])
    assert "Cambia el 1/12" in caplog.text


def test_a_number_of_somebody_else_freezes_the_series_until_staff_have_looked(arca: Office):
    order = make_order()
    arca.arm("arca_number_taken")
    row = issued(order)
    series = InvoiceSeries.objects.get()
    assert (row.status, series.is_frozen, series.foreign_from, series.foreign_to) == ("unknown", True, 1, 1)
    assert "ImpTotal" in series.frozen_reason
    due_now()
    assert issued(order).status == "unknown"
    assert EmailLog.objects.filter(kind="invoice_attention").count() == 1
    acts.unfreeze(series, reason="otro sistema", actor="staff")
    row = issued(order)
    assert (row.status, row.number) == ("authorised", 2)
    assert ForeignInvoiceNumber.objects.get().number == 1


def test_numbers_that_were_used_before_are_left_out_and_later_ones_freeze(arca: Office):
    arca.elsewhere()
    arca.elsewhere()
    assert issued(make_order()).number == 3
    arca.elsewhere()
    order = make_order()
    assert issued(order).number is None
    series = InvoiceSeries.objects.get()
    assert (series.foreign_from, series.foreign_to) == (4, 4)
    acts.unfreeze(series, reason="caja vieja", actor="staff")
    due_now()
    assert issued(order).number == 5


def test_a_ticket_is_kept_sealed_for_all_and_asked_for_once(arca: Office):
    for _n in range(3):
        issued(make_order())
    tickets = arca.handle.sandbox.store.find("arca.ticket")
    assert len(tickets) == 1
    kept = FiscalTicket.objects.get()
    assert tickets[0].id not in kept.sealed
    texts = "".join(f"{one.request}{one.answer}" for one in InvoiceMessage.objects.all())
    assert tickets[0].id not in texts
    assert tickets[0].body["sign"] not in texts
    # One that the office forgets is asked for again.
    arca.handle.sandbox.store.run("DELETE FROM objects WHERE kind = 'arca.ticket'")
    order = make_order()
    assert issued(order).status == "draft"
    due_now()
    assert issued(order).status == "authorised"


def test_a_lost_ticket_makes_documents_wait_and_nothing_else(arca: Office):
    order = make_order()
    arca.arm("arca_already")
    row = issued(order)
    assert (row.status, row.number) == ("draft", None)
    assert row.next_try_at > timezone.now() + timedelta(minutes=9)
    due_now()
    assert issued(order).status == "draft"  # The office is not asked before its time.
    FiscalTicket.objects.update(not_before=None)
    due_now()
    assert issued(order).status == "authorised"


def test_another_key_or_a_forged_message_is_not_signed_in(arca: Office, settings):
    from shop.demo.certificate import self_signed

    settings.ARCA_PRIVATE_KEY, settings.ARCA_CERTIFICATE = self_signed(CUIT)
    order = make_order()
    assert "untrusted" in issued(order).last_error


def test_a_wrong_order_of_elements_is_refused_by_the_schema(arca: Office, monkeypatch):
    from orders.invoices.fiscal.arca import wsfe

    real = wsfe._details
    monkeypatch.setattr(wsfe, "_details", lambda document: dict(reversed(real(document).items())))
    order = make_order()
    row = issued(order)
    assert "unable to read request" in row.last_error
    assert not arca.issued()


def test_a_worker_that_was_overtaken_writes_nothing(arca: Office):
    """A lease that expired under a slow worker: another one has the series now."""
    issued(make_order())
    order = make_order()
    series = InvoiceSeries.objects.get()
    slow = writer.Writer(series, "slow")
    InvoiceSeries.objects.update(turns=series.turns + 1)
    Invoice.objects.filter(order=order).update(series=series)
    assert list(slow.documents()) == []
    assert Invoice.objects.get(order=order).number is None


def test_the_production_host_is_asked_without_its_short_diffie_hellman_key():
    with client.session() as own:
        adapter: Any = own.get_adapter(f"https://{client.WEAK_HOST}/wsfev1/service.asmx")
        context = adapter.poolmanager.connection_pool_kw["ssl_context"]
        names = {cipher["name"] for cipher in context.get_ciphers() if cipher["protocol"] != "TLSv1.3"}
        assert names == {"AES128-SHA"}
        assert context.check_hostname
        other: Any = own.get_adapter("https://wsaa.afip.gov.ar/")
        assert "ssl_context" not in other.poolmanager.connection_pool_kw


def test_drafts_follow_the_settings_and_a_long_silence_is_told_once(arca: Office, settings: Any):
    order = make_order()
    settings.ARCA_WSFE_URL = "http://127.0.0.1:9/arca/wsfev1"
    for _turn in range(7):
        due_now()
        issued(order)
    row = Invoice.objects.get(order=order)
    assert (row.status, row.series.environment, row.number) == ("draft", "sandbox", None)
    assert EmailLog.objects.filter(kind="invoice_attention").count() == 1
    settings.ARCA_WSFE_URL = f"{arca.handle.base_url}/arca/wsfev1"
    settings.ARCA_ENVIRONMENT = "testing"
    for _turn in range(2):
        due_now()
        row = issued(order)
    assert row.series.environment == "testing"
