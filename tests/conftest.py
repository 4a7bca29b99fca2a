import os
import signal

from hypothesis import HealthCheck, settings

# Tests run side by side already: a matrix library that spreads each small product over all cores only
# makes them wait for each other. Read by numpy when it is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# A shell starts its background jobs deaf to Ctrl-C, and they hand that on to what they start: the programs
# that tests interrupt would not hear it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# How long an example takes says how busy the machine is, and nothing of the code.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")
