"""`genai check`."""

from pathlib import Path
from typing import Annotated

import typer

from cli.exits import EXIT_FAILED, EXIT_USAGE
from cli.options import JsonOption
from cli.project import project_dir


def check(
    stack: Annotated[
        str | None, typer.Argument(help="Which Pulumi.STACK.yaml; all of them if left out.")
    ] = None,
    policies: Annotated[
        bool,
        typer.Option(
            "--policies",
            help="Also run the program, for nobody, and hold the policy pack against all it registers.",
        ),
    ] = False,
    policy_config: Annotated[
        Path | None,
        typer.Option(
            "--policy-config",
            metavar="FILE",
            help="Levels and options of the policies, as `pulumi preview --policy-pack-config` takes them.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Check the settings: every problem at once, each with its file, key and fix.

    Needs neither the Pulumi CLI nor credentials. Exit code 0 only if there is no problem, and with `--policies` no
    violation of a mandatory policy (docs/policies.md).
    """
    from cli.check import check as check_settings  # noqa: PLC0415 - see rehearse

    if policy_config and not policies:
        typer.echo("genai: --policy-config configures what --policies asks; give both", err=True)
        raise typer.Exit(EXIT_USAGE)
    if not check_settings(
        project_dir(),
        stack,
        as_json=as_json,
        with_policies=policies,
        policy_config=policy_config,
    ):
        raise typer.Exit(EXIT_FAILED)
