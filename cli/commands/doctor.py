"""`genai doctor`."""

from typing import Annotated

import typer

from cli.exits import EXIT_FAILED
from cli.options import AccountOption, JsonOption
from cli.project import project_dir


def doctor(
    stack: Annotated[str, typer.Argument(help="A stack that has a file here, deployed or not.")],
    account: AccountOption = None,
    as_json: JsonOption = False,
) -> None:
    """Look whether all is there on AWS that a stack needs: quota, model, image, permissions, network, fleet.

    Changes nothing. What AWS or the credentials do not tell is said not to be checked, and is never taken for well.
    Exit code 1 if there is a problem.
    """
    from cli.deployed import plainly_ended  # noqa: PLC0415 - see rehearse
    from cli.doctor_view import show_findings  # noqa: PLC0415
    from operations.deployment import AwsClients, local_access  # noqa: PLC0415
    from operations.doctor.examination import examine  # noqa: PLC0415
    from operations.errors import OperationError  # noqa: PLC0415
    from operations.failures import plainly  # noqa: PLC0415
    from settings import SettingsError, load_stack  # noqa: PLC0415

    folder = project_dir()
    with plainly_ended(as_json=as_json), plainly():
        try:
            settings = load_stack(folder, stack)
        except SettingsError as error:
            raise OperationError(
                str(error), f"mend the settings first: genai check {stack}"
            ) from error
        access = local_access(account) if account else None
        findings = examine(settings, AwsClients(settings.region, access))
    if not show_findings(stack, findings, as_json=as_json):
        raise typer.Exit(EXIT_FAILED)
