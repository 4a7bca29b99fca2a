"""What operations are tried on: a local account, and the dev stack deployed into it."""

from tests.rehearsal.conftest import account, tenant

__all__ = ["account", "tenant"]
