"""Three Lambda handlers that ask the same endpoint the same thing. Nothing is imported before it is chosen."""

import importlib
import os
import sys
from collections.abc import Callable

PROMPT = "Once upon a time"
ENDPOINT = "genai-bench"
BUCKET = "genai-bench-records"

Handler = Callable[[], object]
"""Answers one request; returns when the model's text is known."""


class Context:
    """Lambda's context object, as far as a handler uses it."""

    aws_request_id = "8f507cfc-aaaa-4697-b07a-ac58fc914c95"

    def get_remaining_time_in_millis(self) -> int:
        """Always a minute."""
        return 60_000


def naive(*, records: bool) -> Handler:
    """The usual handler: boto3's two clients at module level, no retries of its own, no checks."""
    import json

    import boto3

    runtime = boto3.client("sagemaker-runtime")
    s3 = boto3.client("s3")

    def handle() -> object:
        answer = runtime.invoke_endpoint(
            EndpointName=ENDPOINT,
            ContentType="application/json",
            Body=json.dumps({"inputs": PROMPT}),
        )
        text = json.loads(answer["Body"].read())[0]["generated_text"]
        if records:
            body = json.dumps({"prompt": PROMPT, "text": text})
            s3.put_object(Bucket=BUCKET, Key="records/one.json", Body=body)
        return {"statusCode": 200, "body": json.dumps({"text": text})}

    return handle


def floor(*, records: bool) -> Handler:
    """The least that can be sent: one signed HTTP request on one connection that stays open."""
    import hashlib
    import hmac
    import http.client
    import json
    import time

    host = os.environ["AWS_ENDPOINT_URL"].removeprefix("http://")
    region, secret = os.environ["AWS_REGION"], os.environ["AWS_SECRET_ACCESS_KEY"]
    connection = http.client.HTTPConnection(host)

    def send(method: str, path: str, service: str, body: bytes) -> bytes:
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        scope = f"{stamp[:8]}/{region}/{service}/aws4_request"
        digest = hashlib.sha256(body).hexdigest()
        signed = "host;x-amz-content-sha256;x-amz-date"
        canonical = (
            f"{method}\n{path}\n\nhost:{host}\nx-amz-content-sha256:{digest}\n"
            f"x-amz-date:{stamp}\n\n{signed}\n{digest}"
        )
        key = f"AWS4{secret}".encode()
        for part in scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        hashed = hashlib.sha256(canonical.encode()).hexdigest()
        to_sign = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashed}".encode()
        signature = hmac.new(key, to_sign, "sha256").hexdigest()
        credential = f"{os.environ['AWS_ACCESS_KEY_ID']}/{scope}"
        authorization = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={signed}, Signature={signature}"
        headers = {
            "x-amz-content-sha256": digest,
            "x-amz-date": stamp,
            "authorization": authorization,
        }
        connection.request(method, path, body, headers)
        return connection.getresponse().read()

    def handle() -> object:
        body = json.dumps({"inputs": PROMPT}).encode()
        reply = send("POST", f"/endpoints/{ENDPOINT}/invocations", "sagemaker", body)
        text = json.loads(reply)[0]["generated_text"]
        if records:
            record = json.dumps({"prompt": PROMPT, "text": text}).encode()
            send("PUT", f"/{BUCKET}/records/one.json", "s3", record)
        return {"text": text}

    return handle


def ours(*, records: bool) -> Handler:
    """This project's handler, as it ships."""
    os.environ["GENAI_RECORDS"] = "full" if records else "off"
    for name in [name for name in sys.modules if name.partition(".")[0] == "handlers"]:
        del sys.modules[name]  # it reads its environment once, at import
    invoke_model = importlib.import_module("handlers.invoke_model")
    context = Context()

    def handle() -> object:
        reply = invoke_model.handler({"prompt": PROMPT}, context)
        if reply["status"] != 200 or reply["warnings"]:  # noqa: PLR2004 - as HTTP has it
            raise RuntimeError(f"the handler answered {reply}")
        return reply

    return handle


VARIANTS: dict[str, Callable[..., Handler]] = {"naive": naive, "floor": floor, "ours": ours}
"""Each makes its handler when it is called: that is its cold start."""
