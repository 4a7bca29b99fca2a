"""What moto lacks of HTTP APIs' settings: tags of APIs and stages as each of them tells, and updates of stages."""

import json
import re
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from botocore import xform_name
from moto.apigatewayv2.exceptions import ApiNotFound, StageNotFound
from moto.apigatewayv2.models import ApiGatewayV2Backend, apigatewayv2_backends
from werkzeug.wrappers import Response

from rehearsal.account import ACCOUNT_ID
from rehearsal.account.aws_request import AwsRequest
from rehearsal.account.wire_errors import AwsError

_TAGS = re.compile(r"/v2/tags/(?P<arn>.+)")
_TAGGED = re.compile(r"arn:[^:]+:apigateway:[^:]+::/apis/(?P<api>[^/]+)(/stages/(?P<stage>[^/]+))?")
_STAGE = re.compile(r"/v2/apis/(?P<api>[^/]+)/stages/(?P<stage>[^/]+)/?")


def answer_setting(request: AwsRequest) -> Response | None:
    """Answer a request about tags, or to update a stage; None leaves any other to moto.

    Raises:
        AwsError: there is no such API or stage.
    """
    apis = apigatewayv2_backends[ACCOUNT_ID][request.region]
    try:
        if tagged := _TAGS.fullmatch(request.http.path):
            return _answer_about_tags(request, unquote(tagged["arn"]), apis)
        stage = _STAGE.fullmatch(request.http.path)
        if stage and request.http.method == "PATCH":
            found = apis.get_stage(stage["api"], unquote(stage["stage"]))
            return _as_json(_updated(found, json.loads(request.body)))
    except (ApiNotFound, StageNotFound) as missing:
        raise AwsError("NotFoundException", str(missing.message), 404) from missing
    return None


def _updated(stage: Any, members: dict[str, Any]) -> dict[str, Any]:
    changed = dict(members)
    if "stageVariables" in changed:  # an empty text takes a variable away
        variables = {**stage.stage_variables, **changed["stageVariables"]}
        changed["stageVariables"] = {name: value for name, value in variables.items() if value}
    for name, value in changed.items():
        setattr(stage, xform_name(name), value)
    stage.updated = datetime.now()  # noqa: DTZ005 - as moto stamps its creation
    return stage.to_json()


def _answer_about_tags(request: AwsRequest, arn: str, apis: ApiGatewayV2Backend) -> Response:
    named = _TAGGED.fullmatch(arn)
    if named is None:
        raise AwsError("NotFoundException", f"Invalid resource identifier specified {arn}", 404)
    # An API's are where moto looks for them, a stage's are its own.
    api, stage = apis.get_api(named["api"]), named["stage"]
    tags = dict(apis.get_stage(api.api_id, stage).tags if stage else apis.get_tags(api.arn))
    if request.http.method == "GET":
        return _as_json({"tags": tags})
    if request.http.method == "POST":
        tags.update(json.loads(request.body).get("tags", {}))
    else:
        tags = {key: tags[key] for key in tags.keys() - set(request.http.args.getlist("tagKeys"))}
    if stage:
        apis.get_stage(api.api_id, stage).tags = tags
    else:
        apis.tagger.delete_all_tags_for_resource(api.arn)
        apis.tag_resource(api.arn, tags)
    return _as_json({}, 201 if request.http.method == "POST" else 204)


def _as_json(answer: dict[str, Any], status: int = 200) -> Response:
    return Response(json.dumps(answer), status, content_type="application/json")
