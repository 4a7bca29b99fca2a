"""Load on a deployed stack: so much of it, measured without leaving out what was slow, and drawn."""
