"""What `Observability` is made of: alarms, the topic that they tell, and the dashboard."""
