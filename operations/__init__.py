"""What is done with a deployed stack: asked, looked at, measured; through boto3, on AWS and on a rehearsed account alike."""
