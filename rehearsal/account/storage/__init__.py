"""What S3 does and moto does not: notifications, and the rights to a bucket's key."""
