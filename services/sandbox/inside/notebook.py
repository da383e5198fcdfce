"""Programs run like the cells of a notebook: one after the other, with what the ones before have left."""

from __future__ import annotations

import ast
import linecache
import sys
import traceback
from types import CodeType, ModuleType

NAME = "<cell {}>"
REMEMBERED_CELLS = 50
LONGEST_TRACEBACK = 6000


class Notebook:
    """The programs' common `__main__`."""

    def __init__(self) -> None:
        self._module = ModuleType("__main__")
        # Python leaves these out when it starts without its site module.
        self._module.__dict__.update(exit=sys.exit, quit=sys.exit)
        sys.modules["__main__"] = self._module
        self._count = 0

    def run(self, program: str) -> str | None:
        """Run it, print what its last expression gives, and show its figures; the traceback when it failed."""
        self._count += 1
        name = NAME.format(self._count)
        _remember(name, program)
        linecache.cache.pop(NAME.format(self._count - REMEMBERED_CELLS), None)
        try:
            self._execute(program, name)
        except SystemExit:
            pass
        except BaseException as error:
            return _told(error)
        return None

    def _execute(self, program: str, name: str) -> None:
        try:
            for code in _compiled(program, name):
                value = eval(code, self._module.__dict__)  # noqa: S307  (what this process is for)
                if value is not None:
                    self._module.__dict__["_"] = value
                    print(repr(value))  # noqa: T201
        finally:
            _show_figures()


def _compiled(program: str, name: str) -> list[CodeType]:
    """The program, and its last expression on its own so that its value can be shown."""
    tree = ast.parse(program, name)
    last = tree.body[-1] if tree.body else None
    if not isinstance(last, ast.Expr) or program.rstrip().endswith(";"):
        return [compile(tree, name, "exec")]
    tree.body.pop()
    return [compile(tree, name, "exec"), compile(ast.Expression(last.value), name, "eval")]


def _remember(name: str, program: str) -> None:
    """Have tracebacks show the program's lines."""
    linecache.cache[name] = (len(program), None, program.splitlines(keepends=True), name)


def _show_figures() -> None:
    if "matplotlib.pyplot" in sys.modules:
        from .figures import show_open

        show_open()


def _told(error: BaseException) -> str:
    """The traceback with the program's own lines alone: those of libraries tell a model little for their length."""
    told = traceback.TracebackException.from_exception(error)
    _keep_own(told)
    text = "".join(told.format()).strip()
    return text if len(text) <= LONGEST_TRACEBACK else "…" + text[-LONGEST_TRACEBACK:]


def _keep_own(told: traceback.TracebackException, depth: int = 0) -> None:
    own = [frame for frame in told.stack if frame.filename.startswith("<cell ")]
    told.stack = traceback.StackSummary.from_list(own)
    for other in (told.__cause__, told.__context__):
        if other is not None and depth < 10:
            _keep_own(other, depth + 1)
