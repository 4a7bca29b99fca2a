import os

# Tests run side by side already: a matrix library that spreads each small product over all cores only
# makes them wait for each other. Read by numpy when it is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
