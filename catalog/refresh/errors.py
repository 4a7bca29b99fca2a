"""What refreshing raises."""


class RefreshError(Exception):
    """A source cannot be read, or does not look as the parser expects. Nothing has been written."""
