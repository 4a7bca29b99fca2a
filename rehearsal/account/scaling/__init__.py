"""Application Auto Scaling for SageMaker."""
