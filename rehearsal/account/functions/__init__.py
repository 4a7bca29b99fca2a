"""Lambda: functions, what runs them and what calls them."""
