#!/bin/sh
# The function's handler under the Lambda Web Adapter: see handlers/web/__init__.py.
cd -- "$LAMBDA_TASK_ROOT" && exec python3 -m handlers.web
