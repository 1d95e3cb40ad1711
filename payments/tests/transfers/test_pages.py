"""The page of a bank transfer, for its buyer: what to transfer, "I have paid", the receipt; and for nobody else."""

from io import BytesIO
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from PIL import Image

from orders import payables
from orders.models import Order
from orders.tests.factories import make_session, make_user
from payments.checkout import attempts
from payments.models import PaymentAttempt, TransferInstruction, TransferReceipt
from payments.tests.transfers.purchases import attempt_of, let_end, page_of, see, waiting
from payments.transfers import receipts
from payments.views import transfers as views
from shop.core.models import EmailLog

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def png() -> bytes:
    body = BytesIO()
    Image.new("RGB", (40, 30), "white").save(body, "PNG")
    return body.getvalue()


def upload(
    instruction: TransferInstruction, content: bytes, name: str = "a.pdf", client: Client | None = None
) -> Any:
    address = reverse("payments:transfer_receipt", args=[attempt_of(instruction).token])
    return (client or Client()).post(address, {"receipt": SimpleUploadedFile(name, content)})


def test_the_pay_button_leads_to_the_page_which_says_everything():
    session = make_session()
    client = Client()
    answer = client.post(reverse("payments:start", args=[session.token]), {"gateway": "transfer"})
    attempt = PaymentAttempt.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, attempt.redirect_url)
    page = client.get(reverse("payments:transfer", args=[attempt.token]))
    text = page.content.decode()
    attempt.refresh_from_db()
    instruction = TransferInstruction.objects.get()

    assert attempt.status == PaymentAttempt.Status.PENDING
    for word in (
        "percha.azul.mar",
        "2850590940090418135201",
        "Percha SRL",
        "Banco Galicia",
        instruction.code,
    ):
        assert word in text
    assert f'data-copy="{instruction.code}"' in text
    assert "no-store" in page["Cache-Control"]
    mail = EmailLog.objects.get(kind="payment_pending")
    assert instruction.code in mail.text
    assert "2850590940090418135201" in mail.text
    # The button again: the same transfer waits.
    again = client.post(reverse("payments:start", args=[session.token]), {"gateway": "transfer"})
    assert again.status_code == 302
    assert TransferInstruction.objects.count() == 1
    status = client.get(again["Location"]).content.decode()
    assert attempt.redirect_url in status
    assert "boleta" not in status


def test_a_page_never_reads_more_rows_than_it_needs():
    instruction = waiting()
    client = Client()
    client.get(page_of(instruction))

    def spent() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(page_of(instruction)).status_code == 200
        return len(captured)

    before = spent()
    for number in range(3):
        upload(instruction, PDF + str(number).encode() + b"%%EOF")
    assert spent() <= before


def test_whoever_says_to_have_paid_is_thanked_once_and_not_reminded():
    instruction = waiting()
    address = reverse("payments:transfer_claim", args=[attempt_of(instruction).token])
    client = Client()
    for _press in range(2):
        assert client.post(address).status_code == 302
    instruction.refresh_from_db()

    assert instruction.claimed_at is not None
    assert instruction.remind_at is None
    assert "Nos avisaste" in client.get(page_of(instruction)).content.decode()
    assert client.get(address).status_code == 405


@pytest.mark.parametrize(
    ("content", "kind", "suffix"), [(png(), "picture", "png"), (PDF, "pdf", "pdf")], ids=["picture", "pdf"]
)
def test_a_receipt_is_kept_once_and_counts_as_word_that_it_is_paid(content: bytes, kind: str, suffix: str):
    instruction = waiting()
    for _press in range(2):
        assert upload(instruction, content).status_code == 302
    receipt = TransferReceipt.objects.get()
    instruction.refresh_from_db()

    assert (receipt.kind, receipt.suffix) == (kind, suffix)
    assert instruction.claimed_at is not None
    assert "Tenemos 1 comprobante" in Client().get(page_of(instruction)).content.decode()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"%PDF-1.4 cut off",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<html><script>alert(1)</script></html>",
        b"PK\x03\x04" + b"\0" * 100,
        b"MZ" + b"\0" * 200,
        png()[:60],
    ],
    ids=["empty", "cut pdf", "svg", "html", "zip", "program", "cut png"],
)
def test_another_kind_of_file_is_refused_with_a_sentence(content: bytes):
    instruction = waiting()
    answer = upload(instruction, content, "comprobante.png")

    assert answer.status_code == 422
    assert 'class="error-text"' in answer.content.decode()
    assert not TransferReceipt.objects.exists()


def test_a_receipt_has_a_size_and_a_number_and_uploads_have_a_pace(monkeypatch: pytest.MonkeyPatch):
    instruction = waiting()
    monkeypatch.setattr(receipts, "MOST_BYTES", len(PDF) + 20)
    assert upload(instruction, PDF + b" " * 100 + b"%%EOF").status_code == 422
    for number in range(receipts.MOST):
        assert upload(instruction, PDF + bytes([65 + number]) + b"%%EOF").status_code == 302
    assert upload(instruction, PDF + b"one more%%EOF").status_code == 422
    monkeypatch.setattr(views, "UPLOADS_EACH", 8)
    assert upload(instruction, PDF).status_code == 422  # The eighth of these.
    slow = upload(instruction, PDF)
    assert (slow.status_code, slow["Retry-After"]) == (429, str(views.WITHIN))
    cache.clear()
    assert TransferReceipt.objects.count() == receipts.MOST


def test_what_belongs_to_an_account_is_shown_to_that_account_alone():
    owner, other = make_user(), make_user()
    session = make_session(user=owner)
    attempt = attempts.start(payable=payables.of_purchase(session), gateway="transfer", actor="shopper")
    instruction = TransferInstruction.objects.get(attempt=attempt)
    strangers = [Client(), Client()]
    strangers[1].force_login(other)
    mine = Client()
    mine.force_login(owner)

    for client in strangers:
        assert client.get(page_of(instruction)).status_code == 404
        assert client.post(reverse("payments:transfer_claim", args=[attempt.token])).status_code == 404
        assert upload(instruction, PDF, client=client).status_code == 404
        receipt = reverse("admin:payments_transferinstruction_receipt", args=[instruction.pk, instruction.pk])
        assert client.get(receipt).status_code in {302, 404}
    assert not TransferReceipt.objects.exists()
    assert mine.get(page_of(instruction)).status_code == 200
    assert Client().get(reverse("payments:transfer", args=["x" * 32])).status_code == 404


def test_the_page_follows_what_became_of_it():
    instruction = waiting()
    let_end(instruction)
    over = Client().get(page_of(instruction))
    assert "Se terminó el plazo para transferir" in over.content.decode()
    assert upload(instruction, PDF).status_code == 302  # It was made in time, perhaps.

    see(instruction)
    paid = Client().get(page_of(instruction), follow=True)
    assert paid.redirect_chain[-1][0] == Order.objects.get().get_absolute_url()
    assert upload(instruction, PDF + b"late%%EOF").status_code == 302
    assert TransferReceipt.objects.count() == 1


def test_the_page_of_another_provider_is_not_there():
    attempt = waiting().attempt
    TransferInstruction.objects.all().delete()
    assert Client().get(reverse("payments:transfer", args=[attempt.token])).status_code == 404


def test_a_purchase_whose_units_cannot_wait_is_not_to_be_paid_by_transfer(settings: Any):
    settings.CASH_VOUCHER_STOCK_SHARE = 0
    session = make_session()
    client = Client()
    page = client.get(reverse("orders:checkout_payment", args=[session.token])).content.decode()
    assert "quedan pocas unidades y no pueden esperar días" in page
    answer = client.post(
        reverse("payments:start", args=[session.token]), {"gateway": "transfer"}, follow=True
    )
    assert answer.redirect_chain[-1][0] == reverse("orders:checkout_payment", args=[session.token])
    assert not PaymentAttempt.objects.exists()
