"""Facts as data: serving images, instance types, AWS's own limits. No call to AWS, no Pulumi."""
