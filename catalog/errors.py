"""What the catalog raises."""


class CatalogError(LookupError):
    """Asked for something that the catalog does not hold. The message names what it does hold."""
