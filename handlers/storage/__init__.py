"""What the function keeps in the bucket, and reads from it."""
