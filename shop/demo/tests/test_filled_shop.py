"""What a filled demo shop has and keeps. It is filled once for all tests here; each one's changes are taken back."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.db.models import F
from django.test import override_settings
from django.utils import timezone
from pytest_django.fixtures import Settings

from catalog.models import Collection, Product, ProductImage
from inventory.checks import runner
from inventory.models import StockCheck
from orders.models import Claim, Exchange, ExchangeCharge, InstallmentOffer, InstallmentPlan, Return
from shop.accounts.models import User
from shop.accounts.staff.roles import ROLES
from shop.core.countries.ar import COUNTRY
from shop.demo.logins import DEMO_PASSWORD, LOGINS
from shop.demo.seed import seed
from shop.demo.seeding import claims, exchanges, returns
from shop.demo.tests.test_seed import run

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("development")]


@pytest.fixture(scope="module")
def filled(
    shared_rows: Callable[[], AbstractContextManager[None]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Path]:
    """Fill a shop, and return the folder of its pictures."""
    media = tmp_path_factory.mktemp("media")
    with shared_rows():
        with override_settings(DEBUG=True, MEDIA_ROOT=media):
            run()
        yield media


@pytest.fixture
def development(filled: Path, settings: Settings) -> None:
    """Test runs turn DEBUG off; the demo needs it, and a folder of its own for pictures."""
    settings.DEBUG = True
    settings.MEDIA_ROOT = filled


def test_lost_pictures_are_drawn_again_and_ended_drops_opened_anew():
    lost = ProductImage.objects.first()
    assert lost is not None
    default_storage.delete(str(lost.file))
    running = Collection.objects.get(slug="ultima-vuelta")
    later = timezone.now() + timedelta(days=30)
    said: list[str] = []
    assert seed(now=later, say=said.append) == 3
    assert default_storage.exists(str(lost.file))
    running.refresh_from_db()
    assert running.phase(later) == Collection.Phase.OPEN
    assert Collection.objects.get(slug="anden-03").phase(later) == Collection.Phase.UPCOMING
    assert seed(now=later, say=said.append) == 0


def test_the_stock_is_checked_once_it_is_there():
    assert StockCheck.objects.get().violation_count == 0


def test_what_the_owner_changed_stays_changed():
    Product.objects.filter(slug="remera-linea").update(name="Otra cosa")
    Collection.objects.filter(slug="basicos").delete()
    User.objects.get(email="bruno@percha.test").delete()
    said = run()
    assert Product.objects.get(slug="remera-linea").name == "Otra cosa"
    assert not Collection.objects.filter(slug="basicos").exists()
    assert "accounts: 1" in said


def test_drops_are_upcoming_and_running_now():
    now = timezone.now()
    phases = {drop.slug: drop.phase(now) for drop in Collection.objects.filter(kind=Collection.Kind.DROP)}
    assert phases == {"anden-03": Collection.Phase.UPCOMING, "ultima-vuelta": Collection.Phase.OPEN}
    assert not Collection.objects.filter(ends_at__lte=F("starts_at")).exists()


def test_every_login_works_and_staff_have_their_roles():
    for login in LOGINS:
        user = User.objects.get(email=login.email)
        assert user.check_password(DEMO_PASSWORD)
        assert user.is_staff == login.is_staff
        assert user.get_full_name() == login.name
        assert [group.name for group in user.groups.all()] == ([login.role] if login.role else [])
    assert {login.role for login in LOGINS if login.role} <= set(ROLES)
    assert User.objects.get(email="deposito@percha.test").has_perm("inventory.view_stocklevel")
    assert not User.objects.get(email="deposito@percha.test").has_perm("catalog.change_product")
    assert [user.email for user in User.objects.filter(is_superuser=True)] == ["admin@percha.test"]
    for user in User.objects.filter(is_staff=False):
        address = user.addresses.get(is_default=True)
        assert address.state in COUNTRY.states
        assert COUNTRY.document(user.profile.document_type) is not None


def test_instalments_are_offered_and_a_shopper_pays_in_them():
    assert list(InstallmentOffer.objects.filter(is_active=True).values_list("count", flat=True)) == [3, 6, 12]
    plan = InstallmentPlan.objects.get()
    assert (plan.count, plan.user and plan.user.email) == (6, "ana@percha.test")


@pytest.fixture
def transfers(settings: Settings) -> None:
    """Let the demo's shoppers pay by transfer."""
    settings.PAYMENT_GATEWAYS = ["transfer"]
    settings.BANK_TRANSFER_ACCOUNT = "2850590940090418135201"
    settings.BANK_TRANSFER_HOLDER = "Percha"


@pytest.mark.usefixtures("transfers")
def test_a_return_is_in_each_state():
    assert returns.bring_back() == 5
    found = Return.objects.order_by("created_at").values_list("status", flat=True)
    assert list(found) == ["closed", "rejected", "approved", "approved", "requested"]
    assert returns.bring_back() == 0


@pytest.mark.usefixtures("transfers")
def test_a_claim_is_in_each_state():
    assert claims.complain() == 6
    found = Claim.objects.order_by("created_at")
    assert [one.status for one in found] == ["resolved", "denied", "cancelled", "approved", "open", "open"]
    assert [one.files.count() for one in found] == [1, 0, 0, 1, 0, 1]
    lost = found.get(reason="never_arrived")
    assert lost.shipment
    assert lost.shipment.status == "shipped"
    assert claims.complain() == 0
    assert not runner.check(scope="")


@pytest.mark.usefixtures("transfers")
def test_an_exchange_is_in_each_state():
    assert exchanges.swap() == 5
    found = Exchange.objects.order_by("created_at")
    assert [one.status for one in found] == ["released", "cancelled", "requested", "requested", "requested"]
    charges = ExchangeCharge.objects.order_by("created_at").values_list("status", flat=True)
    assert list(charges) == ["paid", "open"]
    assert [one.settlement > 0 for one in found] == [False, False, True, True, False]
    assert exchanges.swap() == 0
    assert not runner.check(scope="")
