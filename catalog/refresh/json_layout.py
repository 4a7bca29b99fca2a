"""How the data files are laid out: keys sorted, one row a line where rows are many.

A refresh then changes the lines of what changed, and a reader of the difference sees that and no more.
"""

import json
from collections.abc import Collection, Mapping
from typing import Any


def render(tables: Mapping[str, Any], *, row_per_line: Collection[str]) -> str:
    """The text of a data file; `row_per_line` names the tables that have a line for each row."""
    parts = [
        f"  {json.dumps(name)}: {_table(tables[name], one_line_rows=name in row_per_line)}"
        for name in sorted(tables)
    ]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _table(table: Any, *, one_line_rows: bool) -> str:
    if not one_line_rows:
        text = json.dumps(table, ensure_ascii=False, indent=2, sort_keys=True)
        return text.replace("\n", "\n  ")
    if isinstance(table, list):
        return "[\n" + ",\n".join(f"    {_row(row)}" for row in table) + "\n  ]"
    rows = (f"    {json.dumps(name)}: {_row(table[name])}" for name in sorted(table))
    return "{\n" + ",\n".join(rows) + "\n  }"


def _row(row: Any) -> str:
    return json.dumps(row, ensure_ascii=False, sort_keys=True)
