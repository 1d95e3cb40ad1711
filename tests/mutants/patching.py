"""Put a mutant into a process that has imported the true code: its functions, tables, statements and SQL functions.

Everybody who has imported a function or a table keeps the same object, so the object itself is changed: a function gets
the mutant's code, a dict or set its entries, and a constant is bound again wherever the old one was.
"""

import ast
import gc
import sys
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

DATABASE_FUNCTION = "CREATE OR REPLACE FUNCTION"


class CannotPatch(Exception):
    """The change reaches nothing that is alive: the module was not imported, or it is no code that runs again."""


def apply(root: Path, path: str, old: str, new: str) -> None:
    """Make this process behave as if the file at `path` (below `root`) had the text `new` instead of `old`.

    Raises: CannotPatch.
    """
    if path.endswith(".sql"):
        _statement(old, new)
        return
    file = str(root / path)
    module = next((one for one in list(sys.modules.values()) if getattr(one, "__file__", None) == file), None)
    if module is None:
        raise CannotPatch(f"{path} was not imported")
    if not _functions(file, new) + _tables(module, old, new):
        raise CannotPatch(f"nothing alive is changed in {path}")


def _functions(file: str, new: str) -> int:
    """Give every living function of the file the code it has in the new text; return how many have another one."""
    codes = {(code.co_qualname, code.co_firstlineno): code for code in _codes(compile(new, file, "exec"))}
    changed = 0
    # Not isinstance: a lazy object of Django's would be asked for its class, and read the database for it.
    for function in [one for one in gc.get_objects() if type(one) is FunctionType]:
        code = function.__code__
        if code.co_filename != file:
            continue
        mine = codes.get((code.co_qualname, code.co_firstlineno))
        if mine is None or len(mine.co_freevars) != len(code.co_freevars) or mine == code:
            continue
        function.__code__ = mine
        changed += 1
    return changed


def _codes(code: CodeType) -> list[CodeType]:
    inner = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return [code, *(found for one in inner for found in _codes(one))]


def _tables(module: ModuleType, old: str, new: str) -> int:
    """Bind again the constants of the module and its classes whose text differs, and those made of them."""
    before, after = _values(ast.parse(old)), _values(ast.parse(new))
    changed: set[str] = set()
    for (owner, name), value in after.items():
        names = {node.id for node in ast.walk(value) if isinstance(node, ast.Name)}
        was = before.get((owner, name))
        if (was is None or ast.dump(was) == ast.dump(value)) and not (names & changed):
            continue
        holder: Any = getattr(module, owner) if owner else module
        scope = {**vars(module), **(vars(holder) if owner else {})}
        made = eval(compile(ast.Expression(value), "<mutant>", "eval"), scope)
        _rebind(holder, name, made)
        changed.add(name)
    return len(changed)


def _values(tree: ast.Module) -> dict[tuple[str, str], ast.expr]:
    """Return the values assigned at the top of a module ("", name) and of its classes (class, name)."""
    found: dict[tuple[str, str], ast.expr] = {}
    owned = [
        ("", tree.body),
        *((node.name, node.body) for node in tree.body if isinstance(node, ast.ClassDef)),
    ]
    for owner, body in owned:
        for node in body:
            target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
            value = getattr(node, "value", None)
            if (
                isinstance(node, ast.Assign | ast.AnnAssign)
                and isinstance(target, ast.Name)
                and value is not None
            ):
                found[owner, target.id] = value
    return found


def _rebind(holder: Any, name: str, value: Any) -> None:
    old = getattr(holder, name)
    if isinstance(old, dict | set | list) and type(old) is type(value):
        old.clear()
        old.extend(value) if isinstance(old, list) else old.update(value)
        return
    setattr(holder, name, value)
    for module in list(sys.modules.values()):
        if getattr(module, "__dict__", {}).get(name) is old:
            setattr(module, name, value)


def _statement(old: str, new: str) -> None:
    """Bind a statement's constants again, and make a function of the database again."""
    from django.db import connection

    is_bound = False
    for module in list(sys.modules.values()):
        for name, value in list(getattr(module, "__dict__", {}).items()):
            if isinstance(value, str) and value == old:
                setattr(module, name, new)
                is_bound = True
    if DATABASE_FUNCTION in old:
        with connection.cursor() as cursor:
            cursor.execute(new)
        connection.close()
    elif not is_bound:
        raise CannotPatch("no module holds this statement")
