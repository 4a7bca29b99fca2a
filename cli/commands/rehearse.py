"""`genai rehearse`."""

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console

from cli.exits import EXIT_FAILED
from cli.options import JsonOption
from cli.project import project_dir

DEFAULT_PROMPT = "It was a fine morning, and the young lady"


def rehearse(
    stack: Annotated[str, typer.Argument(help="Which Pulumi.STACK.yaml to rehearse.")] = "dev",
    prompt: Annotated[
        str, typer.Option("--prompt", "-p", help="What to ask the model.")
    ] = DEFAULT_PROMPT,
    as_json: JsonOption = False,
    fault: Annotated[
        list[str] | None,
        typer.Option(
            "--fault",
            metavar="NAME=AMOUNT",
            help="Let something go wrong on purpose while the stack is used, as often as the amount says: "
            "`throttle=0.3`, `model-error:500=2x`, `s3-slow=2s@10%`. May be given several times; "
            "`--fault help` lists all.",
        ),
    ] = None,
    fault_seed: Annotated[
        int, typer.Option("--fault-seed", help="The same faults come again for the same seed.")
    ] = 0,
    then: Annotated[
        list[str] | None,
        typer.Option(
            "--then",
            metavar="KEY=VALUE",
            help="Change a setting of the deployed stack and deploy again while callers keep asking, such as "
            "`genai:endpoint.instanceType=ml.c5.large`. Several settings in one, parted by `;`, are deployed at "
            "once; several options one after another. A value is YAML; none takes the setting away.",
        ),
    ] = None,
    destroy: Annotated[
        bool,
        typer.Option(
            "--destroy", help="Destroy the stack at the end, and prove that nothing is left."
        ),
    ] = False,
    least_privilege: Annotated[
        bool,
        typer.Option(
            "--least-privilege",
            help="Report which grants of the stack's roles no call used, and which calls were denied.",
        ),
    ] = False,
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave the account up afterwards, until Ctrl-C.")
    ] = False,
) -> None:
    """Deploy a stack into an account on this machine, invoke it, and show what is left behind.

    Exit code 0 only if every step truly succeeded.
    """
    # Imported late: --help and usage errors should not wait for boto3 and Pulumi.
    from cli.fault_option import planned  # noqa: PLC0415
    from cli.least_privilege_view import show_least_privilege  # noqa: PLC0415
    from cli.rehearsal_view import RehearsalView  # noqa: PLC0415
    from rehearsal.changes import ChangeError, parse_assignments  # noqa: PLC0415
    from rehearsal.rehearse import Afterwards  # noqa: PLC0415
    from rehearsal.rehearse import rehearse as run_rehearsal  # noqa: PLC0415

    faults = planned(fault or (), fault_seed)
    folder = project_dir()
    if keep and destroy:
        raise typer.BadParameter("there is nothing to look at after --destroy", param_hint="--keep")
    for change in then or ():
        try:
            _ = parse_assignments(change)
        except ChangeError as error:
            raise typer.BadParameter(str(error), param_hint="--then") from error
    view = RehearsalView(Console(stderr=as_json, highlight=False))
    with view.live():
        transcript = run_rehearsal(
            folder,
            stack,
            prompt,
            view.watcher(),
            keep=(lambda told, account: view.keep(told, account, as_json=as_json))
            if keep
            else None,
            faults=faults,
            afterwards=Afterwards(then or (), destroy, least_privilege),
        )
    if as_json and not (keep and transcript.succeeded):
        print(json.dumps({**asdict(transcript), "succeeded": transcript.succeeded}, indent=2))
    if not as_json:
        if transcript.least_privilege:
            show_least_privilege(transcript.least_privilege, Console(highlight=False))
        view.conclude(transcript, faults)
    if not transcript.succeeded:
        raise typer.Exit(EXIT_FAILED)
