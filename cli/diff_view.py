"""Show the settings of two stacks side by side."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.exits import EXIT_USAGE
from operations.settings_compared import Row, Setting, compare_settings
from settings import SettingsError


def show_differences(
    project_dir: Path, stacks: tuple[str, str], *, everything: bool, as_json: bool
) -> bool:
    """Print what differs, or everything, and say if the stacks are the same; what cannot be read ends the command."""
    try:
        rows = compare_settings(project_dir, *stacks)
    except SettingsError as error:
        if as_json:
            told = {"message": str(error), "fix": f"genai check {' '.join(stacks[:1])}"}
            print(json.dumps({"error": told}, indent=2))
        else:
            print(f"genai: {error}", file=sys.stderr)
        raise typer.Exit(EXIT_USAGE) from None
    differing = [row for row in rows if row.differs]
    shown = rows if everything else differing
    if as_json:
        print(json.dumps(_as_data(stacks, shown, is_same=not differing), indent=2))
    else:
        _show(stacks, shown, len(differing))
    return not differing


def _as_data(stacks: tuple[str, str], rows: Sequence[Row], *, is_same: bool) -> dict[str, object]:
    return {
        "stacks": list(stacks),
        "same": is_same,
        "settings": [
            {
                "key": row.key,
                "values": [row.left.value, row.right.value],
                "defaults": [row.left.is_default, row.right.is_default],
                "differs": row.differs,
            }
            for row in rows
        ],
    }


def _show(stacks: tuple[str, str], rows: Sequence[Row], differing: int) -> None:
    console = Console(highlight=False)
    if rows:
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
        for title in ("setting", *stacks):
            table.add_column(title, overflow="fold")
        for row in rows:
            style = "yellow" if row.differs else ""
            table.add_row(Text(row.key, style), _cell(row.left), _cell(row.right))
        console.print(table)
    count = "no setting differs" if not differing else f"{differing} differ"
    console.print(Text(f"{count}; dim values are defaults, or follow from other settings", "dim"))


def _cell(setting: Setting) -> Text:
    if setting.value is None:
        return Text("-", "dim")
    written = setting.value if isinstance(setting.value, str) else json.dumps(setting.value)
    return Text(f"({written})", "dim") if setting.is_default else Text(written)
