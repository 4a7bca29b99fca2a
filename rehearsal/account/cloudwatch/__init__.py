"""CloudWatch: what AWS's services publish of themselves, and alarms that look at it."""
