"""The local account: one loopback URL that speaks AWS's wire formats.

moto keeps buckets, roles, logs, topics, alarms, secrets and function metadata. In front of it, on the same
URL: SageMaker (control plane and runtime), its part of Application Auto Scaling, Lambda's Invoke, and IAM
enforced on every call made with a role.
"""

ACCOUNT_ID = "123456789012"  # moto's own
ADMIN_ACCESS_KEY_ID = "rehearsal"
ADMIN_SECRET_ACCESS_KEY = "rehearsal"  # noqa: S105 - opens nothing but this machine's loopback
