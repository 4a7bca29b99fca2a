"""What SQS and SNS do and moto does not."""
