"""`genai new`."""

import json
from pathlib import Path
from typing import Annotated

import typer

from cli.options import JsonOption

DEFAULT_REGION = "us-east-1"
DEFAULT_DESCRIPTION = (
    "A generative model on a SageMaker endpoint, a Lambda function in front, records in S3"
)


def new(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Where to put it: a folder that is empty or new.")
    ],
    name: Annotated[
        str | None,
        typer.Option(help="The project's name. [default: the folder's]", show_default=False),
    ] = None,
    region: Annotated[str, typer.Option(help="AWS Region of both stacks.")] = DEFAULT_REGION,
    description: Annotated[str, typer.Option(help="One line.")] = DEFAULT_DESCRIPTION,
    as_json: JsonOption = False,
) -> None:
    """Start a project of your own: the program, its library and the stacks dev and prod, under your names.

    It can be rehearsed at once. Nothing is written unless all of it is sound.
    """
    from cli.deployed import plainly_ended  # noqa: PLC0415 - see rehearse
    from operations.new_project import NewProject, make_project  # noqa: PLC0415

    project = NewProject(name or folder.resolve().name, region, description)
    with plainly_ended(as_json=as_json):
        changed = make_project(folder, project)
    if as_json:
        print(
            json.dumps(
                {"folder": str(folder.resolve()), "name": project.name, "changed": changed},
                indent=2,
            )
        )
        return
    for note in changed:
        print(f"note: {note}")
    print(f"""{project.name} is in {folder}. Next:

  cd {folder}
  git init                         # keep it
  make rehearse                    # the first time it installs what it needs; then about four seconds
  edit Pulumi.prod.yaml            # where your model is: {project.name}:model.source
  .venv/bin/genai check            # tells every problem, before anything is created
  pulumi stack init dev && pulumi up -s dev    # on AWS, where an endpoint costs money by the second""")
