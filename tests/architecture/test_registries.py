"""Every module that registers something in a registry of the shop is imported at the start, not on first use.

A module counts as imported at the start when the `ready()` of its app imports it, directly or through what it imports
at load time; `<app>.admin` counts too, since Django's admin imports it in its own `ready()`.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from .test_house_rules import APPS, ROOT, sources

# The functions that register, by the module that keeps the registry (docs/architecture.md).
REGISTRIES: Final[Mapping[str, frozenset[str]]] = {
    "catalog.drops.access": frozenset({"find_carts_by"}),
    "shop.core.audit.timeline": frozenset({"contribute", "leave_out", "name_rows"}),
    "shop.core.backoffice.public_texts": frozenset({"contribute"}),
    "shop.core.health": frozenset({"contribute"}),
    "shop.core.outgoing.publishing": frozenset({"contribute"}),
    "shop.core.privacy.personal_data": frozenset({"contribute"}),
    "shop.core.protection.guard": frozenset({"on_outage", "on_refused_key"}),
    "payments.gateways.transfer.ledger": frozenset({"keep_in"}),
    "inventory.checks.runner": frozenset({"register"}),
    "orders.fulfilment.labels_pdf": frozenset({"add_source"}),
}


def at_load_time(body: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Yield the nodes that run when a module is imported: not the bodies of functions, not imports for type hints."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        yield node
        yield from at_load_time(ast.iter_child_nodes(node))


def imports(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, str]]:
    """Yield (name in the file, what it stands for, dotted) for each import."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from ((alias.asname or alias.name, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from ((alias.asname or alias.name, f"{node.module}.{alias.name}") for alias in node.names)


def registers(module: str, tree: ast.Module) -> bool:
    """Say whether importing a module calls one of the functions that register."""
    bound = dict(imports(at_load_time(tree.body)))
    bound |= {function: f"{module}.{function}" for function in REGISTRIES.get(module, ())}
    wanted = {
        f"{registry}.{function}" for registry, functions in REGISTRIES.items() for function in functions
    }
    for node in at_load_time(tree.body):
        if isinstance(node, ast.Call):
            called, _, attribute = ast.unparse(node.func).rpartition(".")
            full = f"{bound.get(called, called)}.{attribute}" if called else bound.get(attribute, "")
            if full in wanted:
                return True
    return False


def imported_at_start(trees: Mapping[str, ast.Module]) -> set[str]:
    """Return the modules that are imported once every `ready()` has run."""
    reached: set[str] = set()
    waiting = [module for module in trees if module.endswith((".apps", ".admin", ".models"))]
    while waiting:
        module = waiting.pop()
        if module not in trees or module in reached:
            continue
        reached.add(module)
        tree = trees[module]
        nodes = ast.walk(tree) if module.endswith(".apps") else at_load_time(tree.body)
        found = [module, *(name for _alias, name in imports(nodes))]
        waiting += [*found, *(name.rpartition(".")[0] for name in found)]
    return reached


def left_out(trees: Mapping[str, ast.Module]) -> set[str]:
    """Return the modules that register something and are not imported at the start."""
    return {module for module, tree in trees.items() if registers(module, tree)} - imported_at_start(trees)


def test_every_module_that_registers_is_imported_at_the_start() -> None:
    trees = {}
    for path in sources():
        parts = path.relative_to(ROOT).with_suffix("").parts
        module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if path.suffix == ".py" and parts[0] in {*APPS, "shop"} and not {"tests", "migrations"} & set(parts):
            trees[module] = ast.parse(path.read_text(encoding="utf-8"))

    assert sum(registers(module, tree) for module, tree in trees.items()) > len(REGISTRIES)
    assert not left_out(trees)


def test_a_module_that_nobody_imports_at_the_start_is_found() -> None:
    rules = "from inventory.checks.runner import register\nregister(1)\n"
    lazy = "def check():\n    from late import rules\n"
    sample = {"late.rules": rules, "late.apps": "class Config:\n    pass\n", "late.tasks": lazy}
    ready = {**sample, "late.apps": "class Config:\n    def ready(self):\n        from late import rules\n"}

    assert left_out({module: ast.parse(text) for module, text in sample.items()}) == {"late.rules"}
    assert left_out({module: ast.parse(text) for module, text in ready.items()}) == set()
