"""House widgets: what every screen is built of; none of them knows a rule of the office."""
