"""Python source without what only readers need, on the same lines: a trace names the line of the repository."""

import ast
import io
import tokenize
from collections.abc import Iterator
from typing import cast


def without_comments(source: str) -> str:
    """Return `source` with its comments and docstrings blanked out; code and line numbers stay."""
    lines = source.splitlines(keepends=True)
    for text, is_alone in _texts_for_readers(ast.parse(source)):
        _blank(lines, text, "..." if is_alone else "")
    return _without_comment_tokens("".join(lines))


def _texts_for_readers(tree: ast.AST) -> Iterator[tuple[ast.Expr, bool]]:
    """Docstrings, and the texts under fields that say what they mean; with whether the body has nothing else."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            texts = [statement for statement in node.body if _is_text(statement)]
            for text in texts:
                yield cast("ast.Expr", text), len(texts) == len(node.body)


def _is_text(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _blank(lines: list[str], text: ast.Expr, instead: str) -> None:
    first, last = text.lineno - 1, (text.end_lineno or text.lineno) - 1
    # A body must not be empty.
    lines[first] = f"{lines[first][: text.col_offset]}{instead}".rstrip() + "\n"
    lines[first + 1 : last + 1] = ["\n"] * (last - first)


def _without_comment_tokens(source: str) -> str:
    lines = source.splitlines(keepends=True)
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = f"{lines[row - 1][:column].rstrip()}\n"
    return "".join(lines)
