"""What the code of a server action may contain: the subset of Python that Odoo's safe evaluation takes.

A real server looks at the compiled opcodes, which differ between releases of Python. This looks at the
source and refuses what any of them refuses; the words of the refusal name the opcode, as Odoo's do.
"""

from __future__ import annotations

import ast
import functools
import symtable
import sys
import time
from types import CodeType
from typing import Any, Final

from ..errors import OdooError, ValidationError


def _loaded(name: str, *_: Any) -> None:
    """strftime and strptime import their parts themselves; those are loaded already."""
    if name not in sys.modules:
        raise ImportError(f"module {name} is not loaded")


time.strptime("2026", "%Y")  # loads its part


BUILTINS: Final[dict[str, Any]] = {
    "__import__": _loaded,
    "True": True,
    "False": False,
    "None": None,
    "unicode": str,
    "xrange": range,
    "reduce": functools.reduce,
    **{
        kind.__name__: kind
        for kind in (
            *(bytes, str, bool, int, float, dict, list, tuple, set),
            *(enumerate, map, filter, range, zip, isinstance, Exception),
            *(abs, min, max, sum, sorted, round, len, repr, all, any, ord, chr, divmod),
        )
    },
}
"""No getattr, hasattr, type, iter, next, print or imports: as on the server."""

_UNSAFE: Final = frozenset(
    "f_builtins f_code f_globals f_locals func_code func_globals co_code _co_code_adaptive mro tb_frame"
    " gi_code gi_frame g_yieldfrom cr_await cr_code cr_frame ag_await ag_code ag_frame".split()
)
_OPCODES: Final[dict[type[ast.AST], str]] = {
    ast.Import: "IMPORT_NAME",
    ast.ImportFrom: "IMPORT_NAME, IMPORT_FROM",
    ast.ClassDef: "LOAD_BUILD_CLASS",
    ast.With: "WITH_EXCEPT_START, BEFORE_WITH",
    ast.Global: "STORE_GLOBAL",
    ast.Nonlocal: "STORE_DEREF",
    ast.Assert: "LOAD_ASSERTION_ERROR",
    ast.Match: "MATCH_CLASS",
    ast.AsyncFunctionDef: "GET_AWAITABLE",
    ast.AsyncFor: "GET_AITER",
    ast.AsyncWith: "BEFORE_ASYNC_WITH",
    ast.Await: "GET_AWAITABLE",
    ast.YieldFrom: "SEND",
}


def compiled(source: str, mode: str = "exec") -> CodeType:
    """The code object. Raises SyntaxError, ValueError (a forbidden opcode) or NameError, as Odoo does."""
    tree: Any = ast.parse(source, "", mode)
    for node in ast.walk(tree):
        _name_is_safe(node, source)
        opcode = _forbidden(node)
        if opcode:
            raise ValueError(f"forbidden opcode(s) in {source!r}: {opcode}")
    if _closes_over(symtable.symtable(source, "", mode)):
        raise ValueError("forbidden opcode(s) in 'lambda': LOAD_CLOSURE, MAKE_CELL")
    return compile(tree, "", mode)


def refuse_unsafe(source: str) -> None:
    """What saving an action with this code answers. Raises ValidationError, or NameError's own name."""
    try:
        compiled(source.strip())
    except SyntaxError as error:
        text = f"SyntaxError : {error.msg} at line {error.lineno}\n{error.text or ''}"
        raise ValidationError(text) from error
    except ValueError as error:
        raise ValidationError(str(error)) from error
    except NameError as error:
        raise OdooError(str(error), "builtins.NameError") from error


def _name_is_safe(node: ast.AST, source: str) -> None:
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    if "__" in name or name in _UNSAFE:
        raise NameError(f"Access to forbidden name {name!r} ({source!r})")


def _forbidden(node: ast.AST) -> str:
    if type(node) in _OPCODES:
        return _OPCODES[type(node)]
    if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
        return "STORE_ATTR" if isinstance(node.ctx, ast.Store) else "DELETE_ATTR"
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Del):
        return "DELETE_SUBSCR"
    if isinstance(node, ast.Starred) and isinstance(node.ctx, ast.Store):
        return "UNPACK_EX"
    return ""


def _closes_over(table: symtable.SymbolTable) -> bool:
    """Whether a function inside uses a variable of the function around it."""
    if table.get_type() == "function" and any(s.is_free() for s in table.get_symbols()):
        return True
    return any(_closes_over(child) for child in table.get_children())
