"""Stacks of the real program, deployed from settings, with a model that keeps count of what it is asked."""

import contextlib
import json
import os
import re
import runpy
import shutil
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rehearsal.deployer import Deployer
from rehearsal.local_account import LocalAccount
from rehearsal.playing import container_log_group
from rehearsal.preparation import prepare
from rehearsal.program import run_program
from settings import StackSettings, parse_settings, read_stack_file
from tests.rehearsal.front_door import obedient_model
from tests.rehearsal.front_door.obedient_model import PIECES
from tests.rehearsal.queues import Queue
from tests.rehearsal.tenant import Tenant, is_running, poll, unique

PROJECT_DIR = Path(__file__).resolve().parents[3]
Sections = Mapping[str, Mapping[str, Any]]

# What the storyteller's own code gets on top: one line in a file for each text that it begins.
_COUNTED = """

_begin = predict_fn


def predict_fn(data, model):
    line = json.dumps(data.inputs) + "\\n"
    with open({asked!r}, "a") as asked:
        asked.write(line)
    return _begin(data, model)
"""

STORY = "".join(PIECES)
UNWATCHED = {"genai:watch": {"enabled": False}}


def stack_config(region: str, sections: Sections) -> dict[str, Any]:
    """The stack file of a small stack with these sections; a member that is None is left out."""
    config: dict[str, Any] = {
        "aws:region": region,
        **({} if "watch" in sections else UNWATCHED),
        "genai:model": {"source": "./models/storyteller"},
        "genai:image": {"family": "pytorch"},
        "genai:endpoint": {"instanceType": "ml.c5.large"},
    }
    for name, members in sections.items():
        merged = {**config.get(f"genai:{name}", {}), **members}
        config[f"genai:{name}"] = {key: value for key, value in merged.items() if value is not None}
    return config


class Project:
    """A copy of the program and of its model, which notes each prompt that it is asked for."""

    def __init__(self, folder: Path, *, storyteller: bool = False) -> None:
        """`storyteller`: the real model answers; else one that obeys its prompt."""
        self.folder = folder
        self._asked = folder / "asked"
        for name in ("__main__.py", "Pulumi.yaml"):
            shutil.copy(PROJECT_DIR / name, folder)
        code = folder / "models" / "storyteller" / "code"
        if storyteller:
            ignore = shutil.ignore_patterns("__pycache__")
            shutil.copytree(PROJECT_DIR / "models/storyteller", code.parent, ignore=ignore)
            with (code / "inference.py").open("a") as file:
                file.write(_COUNTED.format(asked=str(self._asked)))
        else:
            code.mkdir(parents=True)
            shutil.copy(obedient_model.__file__, code / "inference.py")
            (code / "folder").write_text(str(folder))

    @property
    def asked(self) -> list[str]:
        """The prompts of every text that the container began, oldest first."""
        lines = self._asked.read_text().splitlines() if self._asked.exists() else []
        return [json.loads(line) for line in lines]

    def open_gate(self, name: str) -> None:
        """Let the answers to the prompt `gate <name>` come."""
        (self.folder / name).touch()

    def deploy(self, account: LocalAccount, sections: Sections) -> "Stack":
        """Deploy a small stack of these sections of settings, watched by nobody unless they say so."""
        return self._deploy(account, unique("t"), stack_config(account.region, sections))

    def deploy_dev(self, account: LocalAccount, **invoker: Any) -> "Stack":
        """Deploy the dev stack as it is, but for these settings of its function and for its alarms.

        What tests do to it on purpose would set them off.
        """
        config = {**read_stack_file(PROJECT_DIR, "dev"), **UNWATCHED}
        config["genai:invoker"] = {**config["genai:invoker"], **invoker}
        return self._deploy(account, "dev", config)

    def _deploy(self, account: LocalAccount, stack: str, config: Mapping[str, Any]) -> "Stack":
        settings = parse_settings(
            config,
            project="genai",
            stack=stack,
            project_dir=self.folder,
            source=f"Pulumi.{stack}.yaml",
        )
        prepare(account, settings)
        deployer = Deployer(account)
        with contextlib.chdir(self.folder):
            run = run_program(
                lambda: runpy.run_path("__main__.py", run_name="__main__"),
                deployer,
                project="genai",
                stack=stack,
                config=config,
                workers=4,
            )
        return Stack(account, self, settings, run.exports, deployer)


class Stack:
    """A deployed stack, and shortcuts to what it is made of."""

    def __init__(
        self,
        account: LocalAccount,
        project: Project,
        settings: StackSettings,
        exports: Mapping[str, Any],
        deployer: Deployer,
    ) -> None:
        self.account = account
        self.project = project
        self.settings = settings
        self.exports = exports
        self.tenant = Tenant(account.url, account.region)
        self.function: str = exports["function_name"]
        self.bucket: str = exports["bucket_name"]
        self.role_names = {
            made.id for made in deployer.created if made.resource_type == "aws:iam/role:Role"
        }
        self._log_groups = [
            made.id
            for made in deployer.created
            if made.resource_type == "aws:cloudwatch/logGroup:LogGroup"
            and made.id != container_log_group(settings)
        ]

    def ask(self, event: Any, qualifier: str | None = None) -> Any:
        """Invoke the function by its alias, and return its reply; a failure of its own fails the test."""
        alias = qualifier or self.exports.get("function_alias")
        answer = self.tenant.call(self.function, event, **({"Qualifier": alias} if alias else {}))
        assert "FunctionError" not in answer, answer
        return answer["Payload"]

    @property
    def alias_arn(self) -> str:
        return f"{self.exports['function_arn']}:{self.exports['function_alias']}"

    def send_event(self, event: Any) -> None:
        """Invoke the function without waiting for it, as a topic or a bus does."""
        self.tenant.client("lambda").invoke(
            FunctionName=self.alias_arn, InvocationType="Event", Payload=json.dumps(event)
        )

    def poll_to_the_end(self, event: Any) -> Any:
        """Ask for a result until it is there."""

        def asked() -> Any:
            reply = self.ask(event)
            return None if reply["status"] == 202 else reply

        return poll(asked, f"an answer to {event}")

    def end_environments(self) -> None:
        """Kill what runs the function, so that the next request finds nothing warm."""
        processes = self.processes()
        for process in processes:
            os.kill(process, signal.SIGKILL)
        poll(lambda: not any(map(is_running, processes)), "nothing runs the function")

    def hide_messages_for(self, seconds: int) -> None:
        """Let messages that failed come back sooner than the stack says."""
        self.tenant.client("sqs").set_queue_attributes(
            QueueUrl=self.inputs.url, Attributes={"VisibilityTimeout": str(seconds)}
        )
        # Whoever waits for a message already goes by the old time; this ends the waiting.
        self.inputs.send(json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent"}))
        poll(self.inputs.is_empty, "the queue is polled anew")

    def take_messages(self, *, are_taken: bool) -> None:
        """Switch on or off that the function is asked for what is in the queue."""
        functions = self.tenant.client("lambda")

        def mapping() -> dict[str, Any]:
            found = functions.list_event_source_mappings(EventSourceArn=self.inputs.arn)
            return found["EventSourceMappings"][0]

        functions.update_event_source_mapping(UUID=mapping()["UUID"], Enabled=are_taken)
        wanted = "Enabled" if are_taken else "Disabled"
        poll(lambda: mapping()["State"] == wanted, f"the mapping is {wanted}")

    def records_of(self, request_id: str) -> list[dict[str, Any]]:
        """The records of one request: one, or none so far."""
        return [
            json.loads(self.read(key))
            for key in self.keys("records/")
            if key.endswith(f"/{request_id}.json")
        ]

    def times_asked(self, prompt: str) -> int:
        """How often the container began a text for `prompt`."""
        return self.project.asked.count(prompt)

    def put(self, key: str, body: bytes) -> None:
        self.tenant.client("s3").put_object(Bucket=self.bucket, Key=key, Body=body)

    def keys(self, prefix: str = "") -> list[str]:
        pages = self.tenant.client("s3").get_paginator("list_objects_v2")
        found = pages.paginate(Bucket=self.bucket, Prefix=prefix)
        return [item["Key"] for page in found for item in page.get("Contents", [])]

    def read(self, key: str) -> bytes:
        return self.tenant.client("s3").get_object(Bucket=self.bucket, Key=key)["Body"].read()

    def read_uri(self, uri: str) -> Any:
        """The JSON document at an S3 URI of the stack's bucket."""
        return json.loads(self.read(uri.removeprefix(f"s3://{self.bucket}/")))

    def lines(self, key: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.read(key).splitlines()]

    def result_of(self, name: str) -> list[dict[str, Any]]:
        """The result of the file `inputs/<name>`, once it is there."""
        key = poll(lambda: self.keys(f"results/{name}."), f"a result of {name}")[0]
        return self.lines(key)

    def everything_kept(self) -> dict[str, bytes]:
        """Every object that was ever in the bucket, overwritten ones too, but for the model's own."""
        client = self.tenant.client("s3")
        pages = client.get_paginator("list_object_versions").paginate(Bucket=self.bucket)
        versions = [found for page in pages for found in page.get("Versions", [])]
        return {
            f"{found['Key']}@{found['VersionId']}": client.get_object(
                Bucket=self.bucket, Key=found["Key"], VersionId=found["VersionId"]
            )["Body"].read()
            for found in versions
            if not found["Key"].startswith("models/")
        }

    def log(self) -> list[str]:
        """Everything that the function logged so far."""
        return [line for group in self._log_groups for line in self._log_of(group)]

    def versions_that_ran(self) -> set[str]:
        """The function's versions, as the names of its log streams tell them."""
        pages = self.tenant.client("logs").get_paginator("describe_log_streams")
        names = [
            stream["logStreamName"]
            for group in self._log_groups
            for page in pages.paginate(logGroupName=group)
            for stream in page["logStreams"]
        ]
        return {name.partition("[")[2].partition("]")[0] for name in names}

    def container_log(self) -> list[str]:
        return self._log_of(container_log_group(self.settings))

    @property
    def inputs(self) -> Queue:
        """The queue that the bucket tells of what is put under inputs/."""
        return self._queue("inputs_queue_arn")

    @property
    def dead_letters(self) -> Queue:
        return self._queue("dead_letter_queue_url")

    @property
    def failed_events(self) -> Queue:
        return self._queue("failed_events_queue_url")

    def _queue(self, export: str) -> Queue:
        return Queue.known(self.tenant, re.split("[:/]", self.exports[export])[-1])

    def processes(self) -> list[int]:
        """The ids of the processes that run the function at the moment."""
        wanted = {
            f"AWS_LAMBDA_FUNCTION_NAME={self.function}".encode(),
            f"AWS_ENDPOINT_URL={self.account.url}".encode(),
        }
        return [
            int(each.name) for each in Path("/proc").glob("[0-9]*") if wanted <= _variables(each)
        ]

    def _log_of(self, group: str) -> list[str]:
        pages = self.tenant.client("logs").get_paginator("filter_log_events")
        return [
            event["message"]
            for page in pages.paginate(logGroupName=group)
            for event in page["events"]
        ]


def _variables(process: Path) -> set[bytes]:
    with contextlib.suppress(OSError):
        return set((process / "environ").read_bytes().split(b"\0"))
    return set()
