"""How a verdict reaches people and machines."""
