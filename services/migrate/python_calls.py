"""Calls in Python, found in its syntax tree: chains of names, also where a part of one was given a name before."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from services.migrate.calls import (
    BETA_HEADER,
    HEADER,
    NAMES,
    RAW_PATH,
    TYPES,
    Becomes,
    becomes,
    below_beta,
    of_path,
)

Chain = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """A call in a text: the line, counted from 1, how it is written and what it becomes."""

    line: int
    call: str
    becomes: Becomes


def hits(source: str | bytes) -> list[Hit]:
    """The calls in a Python program, by line. Raises SyntaxError, ValueError, RecursionError or MemoryError."""
    tree = ast.parse(source)
    visitor = _Visitor(_aliases(tree), _speaks_openai(source))
    visitor.visit(tree)
    return sorted(visitor.found, key=lambda hit: (hit.line, hit.call))


def _speaks_openai(source: str | bytes) -> bool:
    text = source.decode("utf-8", "replace") if isinstance(source, bytes) else source
    return "openai" in text.lower()


def _chain(node: ast.expr) -> Chain:
    """The names of `a.b.c`, as far back as they go: what is called or indexed before is left out."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        names.append(node.id)
    return tuple(reversed(names))


def _aliases(tree: ast.AST) -> dict[str, Chain]:
    """Names that stand for `client.beta` or something below it: `threads = client.beta.threads`, `self.runs = …`."""
    found: dict[str, Chain] = {}
    for node in ast.walk(tree):
        for name, value in _named(node):
            chain = _full(_chain(value), found)
            if chain[-1:] == ("beta",) or (below_beta(chain) and _is_resource(chain)):
                found[name] = chain
    return found


def _named(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    match node:
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                if isinstance(target, (ast.Name, ast.Attribute)):
                    yield ".".join(_chain(target)), value
        case (
            ast.AnnAssign(target=target, value=ast.expr() as value)
            | ast.NamedExpr(target=target, value=value)
        ):
            yield ".".join(_chain(target)), value


def _is_resource(chain: Chain) -> bool:
    return chain[-1] in ("threads", "assistants", "vector_stores", "messages", "runs", "steps")


def _full(chain: Chain, aliases: Mapping[str, Chain]) -> Chain:
    """The chain with the name it begins with replaced by what that stands for."""
    for end in range(len(chain), 0, -1):
        if known := aliases.get(".".join(chain[:end])):
            return (*known, *chain[end:])
    return chain


@dataclass(slots=True)
class _Visitor(ast.NodeVisitor):
    aliases: Mapping[str, Chain]
    speaks_openai: bool
    found: list[Hit] = field(default_factory=list)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        chain = _full(_chain(node), self.aliases)
        below = below_beta(chain)
        if below is not None and not self._is_alias(node, below):
            line = node.end_lineno or node.lineno
            self._add(line, ".".join(chain), becomes(below))
        elif node.attr in NAMES:
            self._add(node.lineno, node.attr, NAMES[node.attr])
        inner: ast.expr = node
        while isinstance(inner, ast.Attribute):
            inner = inner.value
        self.visit(inner)

    def _is_alias(self, node: ast.Attribute, below: Chain) -> bool:
        """A resource on its own: what is called on it is told where it is called."""
        return _is_resource(below) and isinstance(node.ctx, (ast.Load, ast.Store))

    def visit_Name(self, node: ast.Name) -> None:
        if node.id in NAMES:
            self._add(node.lineno, node.id, NAMES[node.id])

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = node.module or ""
        if module.startswith("openai.types.beta") and "realtime" not in module and "chatkit" not in module:
            self._add(node.lineno, f"from {module} import {', '.join(a.name for a in node.names)}", TYPES)

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):  # a docstring calls nothing
            self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            self._text(node.lineno, node.value)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        parts = (part.value if isinstance(part, ast.Constant) else "{…}" for part in node.values)
        self._text(node.lineno, "".join(map(str, parts)))
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                self.visit(part.value)

    def _text(self, line: int, text: str) -> None:
        if BETA_HEADER.search(text):
            self._add(line, "OpenAI-Beta: assistants", HEADER)
        for match in RAW_PATH.finditer(text):
            if match[0].startswith("/v1/") or self.speaks_openai:
                self._add(line, match[0], of_path(match[0]))

    def _add(self, line: int, call: str, found: Becomes) -> None:
        self.found.append(Hit(line, call, found))
