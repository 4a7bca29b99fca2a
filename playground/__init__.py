"""A local web page to try a deployed stack with: a small server on this machine, and the page in `static/`."""
