"""What to do about a rehearsal's failure, from what the account or the function said."""

import re

from settings import SettingsError

_DENIED = re.compile(
    r"User: \S*?(?:assumed-)?role/(?P<role>[^/\s]+)\S* is not authorized to perform: "
    r"(?P<action>[\w:]+) on resource: (?P<resource>\S+)"
)
_GRANTS = {
    "sagemaker:InvokeEndpoint": "endpoint.grant_invoke(...) in __main__.py",
    "sagemaker:InvokeEndpointAsync": "endpoint.grant_invoke(...) in __main__.py",
    "s3:PutObject": "invoker.use_bucket(...) in __main__.py",
    "ecr:GetAuthorizationToken": "iam.pull_image(...) there, or genai:roles.executionStatements for a "
    "model package of your own",
    "s3:GetObject": "iam.read_model(...) in the endpoint's execution role",
    "s3:ListBucket": "iam.read_model(...) in the endpoint's execution role",
}
# First match wins: (what the failure says, what to do).
_TABLE = (
    ("is missing from the model archive", "put the named file back at the root of the model folder"),
    ("Failed to extract model data", "pack the model anew: a gzip-compressed tar, files at its root"),
    ("Could not find model data", "check genai:model.source; nothing lies there, and a prefix must end in /"),
    ("Could not access model data", "check genai:model.source and the execution role's s3 statements"),
    ("cannot reach the Hub", "leave out genai:endpoint.networkIsolation, or keep the model in S3"),
    ("cannot be placed", "ask for less in genai:endpoint.inferenceComponent, or take a larger instance type"),
    ("was written within", "read the data log of the endpoint: the execution role may lack s3:PutObject on async/*"),
    ("did not pass the ping", "read the container log above: the model's own code failed to load"),
    ("cannot be run on this machine", "rehearse with one of the images it names; others have no stand-in yet"),
    ("no result of the batch", "look at the function's log, and among the messages of its dead-letter queue"),
    ("destination configurations", "let s3.amazonaws.com send to the queue, for the bucket's ARN and account"),
    ("no record was written", "grant s3:PutObject on records/* to the function's role"),
    ("holds no line of request", "grant logs:CreateLogStream and logs:PutLogEvents on the function's log group"),
    ("is missing the environment", "set the named variable in components/invoker_function.py"),
    ("was rolled back", "mend what the message names and change it again: the old configuration serves on"),
    ("it is protected", "take the protection off first, deploy that, and then change it"),
    ("left after all was deleted", "look why it was not deleted: it would go on costing in a real account"),
    ("stopped answering during an update", "read which requests failed: an update in place should lose none"),
    ("cannot create a", "add a kind for the type in rehearsal/deployer/, and a row in catalog/data/replacements.json"),
)  # fmt: skip
# Said beside an AccessDenied that names s3:ListBucket, which is not what is wanted.
_NO_SUCH_KEY = "there is no such key"
_OTHERWISE = "run again with --keep and look around with the printed commands"


def advice_for(failure: Exception) -> str:
    """Return one sentence that says how to mend `failure`."""
    if isinstance(failure, SettingsError):
        return "mend the keys named above; nothing was created"
    text = str(failure)
    if _NO_SUCH_KEY in text:
        return "put the object where the message says, or mend the URI that names it"
    if denied := _DENIED.search(text):
        how = _GRANTS.get(denied["action"], "a statement in components/iam/")
        return (
            f"grant {denied['action']} on {denied['resource']} to the role {denied['role']}: {how}"
        )
    return next((fix for said, fix in _TABLE if said in text), _OTHERWISE)
