"""What a platform team asks of a stack's resources: a Pulumi policy pack, and the same policies without Pulumi."""
