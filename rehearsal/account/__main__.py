"""Serve the account until standard input closes: `python -m rehearsal.account`.

The first line on standard output is the account's URL. Tying the account to its standard input means
that it ends with whoever started it, however that ends.
"""

import os
import signal
import sys
import threading

from rehearsal.account.server import Account


def main() -> None:
    """Start, announce the URL, serve, clean up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one who started it to handle
    account = Account()
    threading.Thread(target=account.server.serve_forever, daemon=True).start()
    print(account.url, flush=True)
    sys.stdin.read()
    account.stop()
    sys.stdout.flush()
    os._exit(0)  # request threads may still wait on a client that is gone


if __name__ == "__main__":
    # No credentials, profile or endpoint of this machine's user may reach this process.
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
    main()
