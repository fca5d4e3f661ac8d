"""Many connections: distributed over machines, recorded in a history, and reported together."""
