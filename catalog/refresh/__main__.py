"""`python -m catalog.refresh`: compare the catalog with its public sources, and bring it up to date."""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from catalog.refresh.errors import RefreshError
from catalog.refresh.github import Fetch, fetch_text
from catalog.refresh.plan import Plan, plan_refresh

DATA = Path(__file__).parent.parent / "data"

UP_TO_DATE, CHANGES_LEFT, FAILED = 0, 1, 2
"""Exit codes. `CHANGES_LEFT`: there are changes, and they were not written."""


def main(arguments: Sequence[str], *, fetch: Fetch = fetch_text, data: Path = DATA) -> int:
    """Run the command; gives its exit code."""
    options = _parser().parse_args(arguments)
    today = datetime.now(UTC).date().isoformat()
    try:
        plan = plan_refresh(data, fetch, today)
    except RefreshError as error:
        sys.stderr.write(f"{error}\nNothing was written.\n")
        return FAILED
    return _carry_out(plan, check=options.check, accept=options.accept)


def _carry_out(plan: Plan, *, check: bool, accept: bool) -> int:
    if not plan.changes:
        sys.stdout.write("The catalog is what its sources say.\n")
        return UP_TO_DATE
    for change in plan.changes:
        mark = "! " if change.needs_acceptance else "  "
        sys.stdout.write(f"{mark}{change.text}\n")
    if check:
        return CHANGES_LEFT
    if not accept and any(change.needs_acceptance for change in plan.changes):
        sys.stderr.write(
            "Nothing was written: what is marked with ! may break a stack. Look at it, then run this "
            "again with --accept.\n"
        )
        return CHANGES_LEFT
    for path, text in plan.files.items():
        path.write_text(text)
        sys.stdout.write(f"Wrote {path.name}. Run the tests, and read the difference.\n")
    return UP_TO_DATE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m catalog.refresh", description=__doc__)
    parser.add_argument("--check", action="store_true", help="only compare; exit 1 on changes")
    parser.add_argument(
        "--accept",
        action="store_true",
        help="write even if a type vanished, a registry's account changed or a family's CUDA did",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
