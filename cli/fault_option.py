"""`--fault`: read what is asked for, or say all that is wrong with it."""

import sys
from collections.abc import Sequence

import typer

from rehearsal.account.faults.catalogue import described
from rehearsal.account.faults.plan import HOW, HOW_SLOW, FaultError, FaultPlan

HELP = "help"


def planned(texts: Sequence[str], seed: int) -> FaultPlan | None:
    """Return the faults that are asked for, None for none; end the command if they are no faults.

    `help` lists what there is, and ends it as well.
    """
    if HELP in texts:
        print("\n".join(["--fault NAME=AMOUNT, or NAME:KIND=AMOUNT", "", *described(), ""]))
        print(f"An amount is {HOW}.\nThat of a slow one is {HOW_SLOW}.")
        raise typer.Exit
    try:
        return FaultPlan.of(*texts, seed=seed) if texts else None
    except FaultError as error:
        for problem in error.problems:
            print(f"genai: --fault: {problem}", file=sys.stderr)
        print("genai: --fault help lists all faults", file=sys.stderr)
        raise typer.Exit(2) from None
