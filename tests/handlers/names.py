"""The names of what these tests deploy."""

ENDPOINT_NAME = "genai-dev"
BUCKET_NAME = "genai-dev-records"
MODEL_URI = "s3://genai-dev-records/models/storyteller-0123abcd/model.tar.gz"
