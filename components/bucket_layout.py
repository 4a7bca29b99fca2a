"""Where things lie in the bucket, agreed between the bucket, the endpoint and the function."""

RECORDS_PREFIX = "records/"
ASYNC_PREFIX = "async/"
ASYNC_INPUTS_PREFIX = "async/inputs/"
ASYNC_RESULTS_PREFIX = "async/results/"
ASYNC_FAILURES_PREFIX = "async/failures/"
CAPTURE_PREFIX = "capture/"
