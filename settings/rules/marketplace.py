"""Model packages of AWS Marketplace, which some features exclude."""

from settings.arns import arn_account
from settings.draft import Draft

# The accounts that hold the packages of AWS Marketplace, one in each Region; others are not known. From the
# vendors' examples, such as the tables of packages in github.com/aws/amazon-sagemaker-examples (read 2026-11-24).
_ACCOUNTS = frozenset(
    (
        *("865070037744", "057799348421", "382657785993", "594846645681", "470592106596"),
        *("446921602837", "985815980388", "856760150666", "136758871317", "077584701553"),
        *("745090734665", "192199979996", "666831318237", "977537786026"),
    )
)


def is_from_marketplace(draft: Draft) -> bool:
    """Whether the model is known to be a package of AWS Marketplace."""
    if draft.source is None or draft.source_kind != "package":
        return False
    return arn_account(draft.source) in _ACCOUNTS
