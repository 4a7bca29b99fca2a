"""Serve the account until standard input closes: `python -m rehearsal.account [--faults=P:SEED] [OWN=KNOWN ...]`.

Images of the repository OWN are played as those of KNOWN are; P percent of the calls of roles fail.
The first line on standard output is the account's URL. Tying the account to its standard input means
that it ends with whoever started it, however that ends. SIGTERM ends it as tidily.
"""

import contextlib
import os
import signal
import sys
import threading
from types import FrameType
from typing import NoReturn

from rehearsal.account.faults import Faults
from rehearsal.account.sagemaker.model_container import play_like
from rehearsal.account.server import Account

_FAULTS = "--faults="


def main() -> None:
    """Start, announce the URL, serve, clean up."""
    # Ctrl-C and a closed terminal reach the whole group; they are for the one who started it to handle.
    for shared in (signal.SIGINT, signal.SIGHUP):
        signal.signal(shared, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _stop_reading)
    faults: Faults | None = None
    for argument in sys.argv[1:]:
        if argument.startswith(_FAULTS):
            faults = Faults.parse(argument.removeprefix(_FAULTS))
        else:
            play_like(*argument.split("="))
    account = Account(faults)
    try:
        threading.Thread(target=account.server.serve_forever, daemon=True).start()
        with contextlib.suppress(SystemExit):
            print(account.url, flush=True)
            sys.stdin.read()
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        account.stop()
    os._exit(0)  # request threads may still wait on a client that is gone


def _stop_reading(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit


if __name__ == "__main__":
    main()
