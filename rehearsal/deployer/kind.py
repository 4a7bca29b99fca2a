"""What every kind of resource can do: be created, changed, tagged anew and deleted; and what they share."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from rehearsal.deployer.state import Deployed, Inputs
from rehearsal.local_account import LocalAccount

__all__ = ["Created", "Creator", "Inputs", "Kind"]

_SUFFIX_BYTES = 4
# What the services say of something that is not there; to delete it is done then, as in the provider.
_GONE = (
    "AWS.SimpleQueueService.NonExistentQueue",
    "InvalidVpcEndpointId.NotFound",
    "NoSuchBucket",
    "NoSuchEntity",
    "NotFound",
    "NotFoundException",
    "ObjectNotFoundException",
    "QueueDoesNotExist",
    "ResourceNotFound",
    "ResourceNotFoundException",
)
Tags = Mapping[str, str]


@dataclass(frozen=True)
class Created:
    """The physical id of a created resource, and the outputs that the provider would report."""

    id: str
    outputs: dict[str, Any]


Creator = Callable[[LocalAccount, str, Inputs], Created]
"""`(account, logical name, inputs in camelCase) -> Created`."""
Updater = Callable[[LocalAccount, Deployed, Inputs], dict[str, Any]]
"""`(account, what is deployed, new inputs) -> new outputs`."""
Deleter = Callable[[LocalAccount, Deployed], None]
Tagger = Callable[[LocalAccount, Deployed, Tags, list[str]], None]
"""`(account, what is deployed, all tags that it is to have, keys to take off)`."""


@dataclass(frozen=True)
class Kind:
    """How resources of one type are deployed."""

    create: Creator
    delete: Deleter
    update: Updater | None = None
    """None: the provider has nothing to change in place but tags."""
    tag: Tagger | None = None
    """None: `update` takes the tags along, or there are none."""
    made_anew_by: Callable[[tuple[str, ...]], tuple[str, ...]] = lambda _changed: ()
    """Outputs that a preview cannot know once these inputs have changed."""


def physical_name(logical_name: str, inputs: Inputs, key: str = "name") -> str:
    """Return the name the program gave, or one as Pulumi makes them: the logical name and 7 hex digits."""
    return inputs.get(key) or f"{logical_name}-{secrets.token_hex(_SUFFIX_BYTES)[:7]}"


def tag_list(inputs: Inputs) -> list[dict[str, str]]:
    """Return tags as most AWS requests carry them."""
    return [{"Key": key, "Value": value} for key, value in inputs.get("tags", {}).items()]


def put_again(create: Creator, *made_up: str) -> Updater:
    """Return the update of what is put as a whole: the call that created it, with the names made up then."""

    def update(account: LocalAccount, was: Deployed, inputs: Inputs) -> dict[str, Any]:
        kept = {key: was.outputs[key] for key in made_up}
        return create(account, was.name, {**inputs, **kept}).outputs

    return update


def call(service: str, method: str, /, **members: str) -> Deleter:
    """Return a deletion by one call, whose members are the resource's id, outputs or inputs of those names.

    Members that the resource has no value for are left out.
    """

    def delete(account: LocalAccount, resource: Deployed) -> None:
        values = {member: resource.value(key) for member, key in members.items()}
        given = {member: value for member, value in values.items() if value is not None}
        unless_gone(lambda: getattr(account.client(service), method)(**given))

    return delete


def unless_gone(action: Callable[[], Any]) -> None:
    """Do something with a resource; that it is gone already is not worth a word."""
    try:
        action()
    except ClientError as failure:
        if failure.response["Error"]["Code"] not in _GONE:
            raise


def tags_by(  # noqa: PLR0913 - each of them is another word of the services for the same
    service: str,
    member: str,
    key: str = "arn",
    *,
    put: str = "tag_resource",
    remove: str = "untag_resource",
    tags: str = "Tags",
    keys: str = "TagKeys",
    as_list: bool = True,
) -> Tagger:
    """Return how tags are changed, in a service's own words: `member` names what is tagged, by its `key`."""

    def tag(account: LocalAccount, resource: Deployed, wanted: Tags, outdated: list[str]) -> None:
        client, tagged = account.client(service), {member: resource.value(key)}
        if outdated:
            getattr(client, remove)(**tagged, **{keys: outdated})
        if wanted:
            value = tag_list({"tags": wanted}) if as_list else dict(wanted)
            getattr(client, put)(**tagged, **{tags: value})

    return tag
