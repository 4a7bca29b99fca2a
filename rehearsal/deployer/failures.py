"""What can go wrong with one resource of a deployment."""


class DeployError(Exception):
    """A resource could not be created, changed or deleted."""

    def __init__(self, resource_type: str, name: str, cause: Exception) -> None:
        super().__init__(f"{short_type(resource_type)} {name}: {cause}")
        self.resource_type = resource_type
        self.name = name
        self.cause = cause


class ProtectedError(Exception):
    """The program protects the resource from what a change would do to it."""


def short_type(resource_type: str) -> str:
    """Return a type as people say it: `s3 Bucket` for `aws:s3/bucket:Bucket`."""
    _, module, kind = resource_type.split(":")
    return f"{module.partition('/')[0]} {kind}"
