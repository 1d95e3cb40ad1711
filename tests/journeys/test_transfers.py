"""Purchases by bank transfer, in the browser, from the shopper's page to the staff's upload of the statement."""

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from shop.demo.logins import STAFF
from tests.journeys.conftest import MakeShopper
from tests.journeys.facts import stock_is_true
from tests.journeys.shopper import Goods, Shopper, pick
from tests.journeys.stack import Stack

SHORT = Decimal("100.00")


def instructed(stack: Stack, visitor: Shopper, goods: Goods, email: str) -> dict[str, Any]:
    """Buy by bank transfer; return the reference and the amount that the page asks for."""
    visitor.add(goods).check_out(email=email)
    page = visitor.page
    page.locator("input[name=gateway][value=transfer]").check()
    page.locator("form[action$='/pagar/'] button[type=submit]").click()
    page.wait_for_url(re.compile(r"/pagar/transferencia/"))
    (row,) = stack.rows(
        "SELECT i.code, i.amount, i.id FROM payments_transferinstruction i JOIN payments_paymentattempt a ON a.id = i.attempt_id"
        " WHERE a.token = %s",
        page.url.partition("?")[0].rstrip("/").rsplit("/", 1)[1],
    )
    expect(page.get_by_text(row["code"], exact=True).first).to_be_visible()
    return row


def statement(folder: Path, name: str, *money: tuple[Decimal, str]) -> Path:
    """Write what the bank gives for download."""
    rows = [f"28/11/2026;{amount:.2f};VAR {code}".replace(".", ",") for amount, code in money]
    file = folder / name
    file.write_text("\n".join(["Fecha;Importe;Concepto", *rows]), encoding="cp1252")
    return file


def upload(clerk: Shopper, file: Path) -> None:
    """Upload a statement; the first one of a bank asks for its columns, which are proposed."""
    page = clerk.visit("/admin/payments/bankstatement/upload/").page
    page.fill("input[name=bank]", "Banco Galicia")
    page.set_input_files("input[name=file]", file)
    page.locator("form:has(input[name=file]) button[type=submit]").click()
    page.wait_for_url(re.compile(r"/bankstatement/[0-9a-f-]{36}/"))
    if "/columns/" in page.url:
        page.locator("form:has(select[name=amount]) button[type=submit]").click()
        page.wait_for_url(re.compile(r"/bankstatement/[0-9a-f-]{36}/(change/)?$"))


def orders_of(stack: Stack, email: str, count: int) -> None:
    stack.eventually("SELECT count(*) FROM orders_order WHERE email = %s", email, equals=count)


def let_end(stack: Stack, instruction: dict[str, Any]) -> None:
    """Let a transfer's time be over before its money comes; the job ends it."""
    stack.execute(
        "UPDATE payments_paymentattempt SET expires_at = now() - interval '1 hour', voucher_until = now() - interval '1 hour',"
        " next_check_at = now() - interval '1 hour' WHERE id = (SELECT attempt_id FROM payments_transferinstruction WHERE id = %s)",
        instruction["id"],
    )
    stack.manage("reconcile_payments")


def assign(clerk: Shopper, code: str) -> None:
    """Assign the first credit of the rest to a transfer, after a look at what becomes of it."""
    page = clerk.page
    page.locator("a[href*='/assign/']").first.click()
    if page.locator("input[name=code]").input_value() == "":
        page.fill("input[name=code]", code)
    for _step in range(2):  # Preview, then confirm.
        page.locator("form:has(input[name=code]) button[type=submit]").last.click()
        page.wait_for_load_state()


def test_a_statement_pays_what_fits_and_lists_the_rest(
    stack: Stack, shopper: MakeShopper, tmp_path: Path
) -> None:
    exact = instructed(stack, shopper(), pick(stack, offset=9), "exact@example.com")
    short = instructed(stack, shopper(javascript=False), pick(stack, offset=10), "short@example.com")
    late = instructed(stack, shopper(), pick(stack, offset=11), "late@example.com")
    let_end(stack, late)

    came = ((exact, 0), (short, SHORT), (late, 0))
    clerk = shopper(wide=True).log_in(STAFF.email)
    upload(
        clerk,
        statement(tmp_path, "a.csv", *((row["amount"] - less, row["code"]) for row, less in came)),
    )
    clerk.page.locator("form#verb-form button[type=submit]").click()
    orders_of(stack, "exact@example.com", 1)
    # Late money buys what is still there.
    orders_of(stack, "late@example.com", 1)
    orders_of(stack, "short@example.com", 0)

    # The rest is listed with the transfer that it names.
    assign(clerk, short["code"])
    stack.eventually(
        "SELECT count(*) FROM payments_payment WHERE role = 'mismatch' AND gateway = 'transfer'", equals=1
    )
    orders_of(stack, "short@example.com", 0)
    assert not clerk.problems, clerk.problems

    # The same statement once more, with one line more: only that is new.
    again = statement(tmp_path, "otra.csv", (exact["amount"], exact["code"]), (Decimal("10.00"), "comision"))
    upload(clerk, again)
    assert stack.value("SELECT count(*) FROM payments_bankcredit WHERE bank = 'banco galicia'") == 4
    orders_of(stack, "exact@example.com", 1)
    stock_is_true(stack)
