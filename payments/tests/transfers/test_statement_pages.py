"""Bank statements in the back office: upload, columns, what is certain, what is assigned by hand."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from orders.models import Order
from payments.models import (
    BankCredit,
    BankStatement,
    Payment,
    StatementColumns,
)
from payments.tests.transfers.purchases import let_end, see, waiting
from payments.tests.transfers.statement_files import (
    COLUMNS,
    HEADINGS,
    STAFF,
    as_csv,
    know_the_bank,
    money_for,
    movement,
    uploaded,
)
from payments.transfers import crediting, settling
from payments.transfers.statements import matching
from shop.accounts.tests.staff_clients import boss, carried, clerk

pytestmark = pytest.mark.django_db
Status = BankCredit.Status


def book(statement: BankStatement) -> int:
    number = matching.book(statement, actor=STAFF)
    settling.settle_due()
    return number


def kinds(statement: BankStatement) -> list[str]:
    return [match.kind.value for match in matching.of_statement(statement)]


# -- Screens ---------------------------------------------------------------------------------------------------


def send_file(client: Client, content: bytes, name: str = "mov.csv", bank: str = "Banco Galicia") -> Any:
    address = reverse("admin:payments_bankstatement_upload")
    hidden = carried(client, address)
    data = {**hidden, "bank": bank, "file": SimpleUploadedFile(name, content)}
    return client.post(address, data, follow=True)


def test_a_new_bank_is_asked_for_its_columns_once():
    instruction = waiting()
    client = boss()
    answer = send_file(client, as_csv([money_for(instruction)], above=[["Banco Galicia"]]))
    statement = BankStatement.objects.get()
    columns = reverse("admin:payments_bankstatement_columns", args=[statement.pk])
    assert answer.redirect_chain[-1][0] == columns
    form = answer.context["form"]
    proposed = {name: form[name].value() for name in COLUMNS}
    assert (proposed["date"], proposed["amount"], proposed["reference"]) == ("Fecha", "Crédito", "Concepto")
    assert proposed["payer_document"] == "CUIT"
    page = client.post(columns, {**carried(client, columns), **proposed}, follow=True)
    statement.refresh_from_db()

    assert (statement.status, statement.credit_count) == ("done", 1)
    assert StatementColumns.objects.get().bank == "banco galicia"
    assert instruction.code in page.content.decode()
    # The next file of this bank is read at once, however its name is written.
    answer = send_file(client, as_csv([movement("9,00", "x")]), bank="BANCO GALICIA.")
    assert BankStatement.objects.latest("created_at").status == "done"


def test_what_is_certain_is_shown_before_it_is_booked_and_booked_as_shown():
    one, other = waiting(), waiting()
    statement = uploaded(as_csv([money_for(one), money_for(other)]))
    client = boss()
    address = reverse("admin:payments_bankstatement_change", args=[statement.pk])
    shown = client.get(address)
    assert one.code in shown.content.decode()
    hidden = {"token": shown.context["token"], "shown": shown.context["shown"]}
    # Meanwhile a clerk confirms one of them.
    see(one)
    refused = client.post(address, hidden)
    assert refused.status_code == 422
    assert BankCredit.objects.filter(status=Status.OPEN).count() == 1

    shown = client.get(address)
    done = client.post(
        address, {"token": shown.context["token"], "shown": shown.context["shown"]}, follow=True
    )
    assert done.status_code == 200
    assert Order.objects.count() == 2
    assert not BankCredit.objects.filter(status=Status.OPEN).exists()


def test_a_credit_is_assigned_by_hand_after_a_look_at_what_becomes_of_it():
    instruction = waiting()
    let_end(instruction)
    statement = uploaded(as_csv([movement(instruction.amount, "sin referencia")]))
    credit = BankCredit.objects.get()
    client = boss()
    address = reverse("admin:payments_bankcredit_assign", args=[credit.pk])
    page = client.get(address)
    assert instruction.code in page.content.decode()  # Suggested: the same amount.
    preview = client.post(address, {**carried(client, address), "code": instruction.code.lower()})
    assert "Llegó tarde" in preview.content.decode()
    form = preview.context["form"]
    hidden = {name: form[name].value() for name in ("token", "shown", "previewed")}
    done = client.post(address, {**hidden, "code": form["code"].value()}, follow=True)

    assert done.redirect_chain[-1][0] == reverse("admin:payments_bankstatement_change", args=[statement.pk])
    assert Order.objects.count() == 1
    assert client.post(address, {**carried(client, address), "code": "nobody"}).status_code == 422


def test_a_credit_that_somebody_else_has_decided_about_is_not_assigned():
    instruction = waiting()
    uploaded(as_csv([movement(instruction.amount, "sin referencia")]))
    credit = BankCredit.objects.get()
    client = boss()
    address = reverse("admin:payments_bankcredit_assign", args=[credit.pk])
    preview = client.post(address, {**carried(client, address), "code": instruction.code})
    form = preview.context["form"]
    hidden = {name: form[name].value() for name in ("token", "shown", "previewed")}
    crediting.set_aside(credit, note="mercado", actor=STAFF)

    assert client.post(address, {**hidden, "code": instruction.code}).status_code == 422
    assert not Payment.objects.filter(role=Payment.Role.ORDER).exists()


def test_what_is_no_sale_is_set_aside_with_a_note_and_looked_at_again():
    uploaded(as_csv([movement("10,00", "interés")]))
    credit = BankCredit.objects.get()
    client = boss()
    aside = reverse("admin:payments_bankcredit_set_aside", args=[credit.pk])
    assert client.post(aside, {**carried(client, aside), "note": "interés"}).status_code == 302
    credit.refresh_from_db()
    assert (credit.status, credit.note) == (Status.OTHER, "interés")
    again = reverse("admin:payments_bankcredit_look_again", args=[credit.pk])
    assert client.post(again, carried(client, again)).status_code == 302
    credit.refresh_from_db()
    assert credit.status == Status.OPEN


def test_only_those_who_may_upload_and_match():
    statement = uploaded(as_csv([movement("10,00", "x")]))
    credit = BankCredit.objects.get()
    support = clerk("support")
    for address in (
        reverse("admin:payments_bankstatement_upload"),
        reverse("admin:payments_bankstatement_columns", args=[statement.pk]),
        reverse("admin:payments_bankstatement_change", args=[statement.pk]),
        reverse("admin:payments_bankcredit_assign", args=[credit.pk]),
        reverse("admin:payments_bankcredit_set_aside", args=[credit.pk]),
    ):
        assert support.get(address).status_code == 403, address
    manager = clerk("manager")
    assert manager.get(reverse("admin:payments_bankstatement_change", args=[statement.pk])).status_code == 200


def test_a_wrong_naming_of_columns_is_repaired_and_read_again():
    know_the_bank(amount="Débito")
    content = as_csv([[f"{timezone.localdate():%d/%m/%Y}", "x", "5,00", "ref", "", "", ""]])
    statement = uploaded(content)
    assert statement.status == "refused"
    client = boss()
    columns = reverse("admin:payments_bankstatement_columns", args=[statement.pk])
    client.post(columns, {**carried(client, columns), **COLUMNS})
    statement.refresh_from_db()

    assert (statement.status, statement.credit_count) == ("done", 1)
    assert HEADINGS[2] == StatementColumns.objects.get().amount
