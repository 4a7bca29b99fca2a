"""All checks of a stack, side by side."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from botocore.exceptions import BotoCoreError, ClientError

from operations.deployment import AwsClients
from operations.doctor.artifact import check_artifact
from operations.doctor.finding import Check, Finding, Patient, Teller
from operations.doctor.fleet import check_fleet
from operations.doctor.image import check_image
from operations.doctor.network import check_network
from operations.doctor.permissions import check_permissions
from operations.doctor.quota import check_quotas
from operations.failures import failure_of
from settings import StackSettings

CHECKS: Mapping[str, Check] = {
    "quota": check_quotas,
    "model": check_artifact,
    "image": check_image,
    "permissions": check_permissions,
    "network": check_network,
    "fleet": check_fleet,
}


def examine(settings: StackSettings, clients: AwsClients) -> list[Finding]:
    """Return what every check found, in the order of the checks. Nothing is changed.

    Args:
        settings: the stack's.
        clients: for the account and Region that it is or will be in.

    Raises:
        ClientError: the credentials are of no use.
        BotoCoreError: AWS cannot be reached, or there are no credentials.
    """
    caller = clients.client("sts").get_caller_identity()
    patient = Patient(settings, clients, caller["Account"], caller["Arn"])
    identity = Teller("identity").ok(
        f"{caller['Arn']} in the account {caller['Account']}, {settings.region}"
    )
    with ThreadPoolExecutor(len(CHECKS)) as pool:
        found = pool.map(lambda name: _examined(name, patient), CHECKS)
        return [identity, *(finding for findings in found for finding in findings)]


def _examined(name: str, patient: Patient) -> list[Finding]:
    """What a check finds; that it is not answered is no verdict."""
    findings: list[Finding] = []
    try:
        findings.extend(CHECKS[name](patient))
    except (BotoCoreError, ClientError) as error:
        failure = failure_of(error)
        findings.append(Teller(name).unknown(f"could not check: {failure}", failure.fix))
    return findings
