"""The forms in which a verdict is reported to people and to machines."""
