"""Serve the account until standard input closes: `python -m rehearsal.account`; `--help` tells the rest.

The first line on standard output is the account's URL. Tying the account to its standard input means
that it ends with whoever started it, however that ends. SIGTERM ends it as tidily.
"""

import argparse
import contextlib
import os
import signal
import sys
import threading
from types import FrameType
from typing import NoReturn

from rehearsal.account.faults.plan import FaultPlan
from rehearsal.account.pace import let_a_minute_last
from rehearsal.account.sagemaker.model_container import play_like
from rehearsal.account.server import Account


def main() -> None:
    """Start, announce the URL, serve, clean up."""
    # Ctrl-C and a closed terminal reach the whole group; they are for the one who started it to handle.
    for shared in (signal.SIGINT, signal.SIGHUP):
        signal.signal(shared, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _stop_reading)
    arguments = _arguments()
    for own, known in arguments.played_like:
        play_like(own, known)
    if arguments.minute is not None:
        let_a_minute_last(arguments.minute)
    account = Account(arguments.faults, arguments.port)
    try:
        threading.Thread(target=account.server.serve_forever, daemon=True).start()
        with contextlib.suppress(SystemExit):
            print(account.url, flush=True)
            sys.stdin.read()
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        account.stop()
    os._exit(0)  # request threads may still wait on a client that is gone


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m rehearsal.account", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="where to listen; 0: any free one")
    parser.add_argument(
        "--minute", type=float, metavar="SECONDS", help="how long a minute of AWS's own waits lasts"
    )
    parser.add_argument(
        "--faults", type=FaultPlan.parse, metavar="PLAN", help="what is made to go wrong, as JSON"
    )
    parser.add_argument(
        "--played-like",
        type=lambda pair: tuple(pair.split("=", 1)),
        action="append",
        default=[],
        metavar="OWN=KNOWN",
        help="images of the repository OWN are played as those of KNOWN are",
    )
    return parser.parse_args()


def _stop_reading(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit


if __name__ == "__main__":
    main()
