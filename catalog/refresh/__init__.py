"""Regenerates the catalog's data from public sources: `python -m catalog.refresh`.

The parsers turn a source's text into facts and know nothing of files or addresses; `plan` holds the
facts against what is committed; only `__main__` reads the network and writes.
"""
