"""Many connections: shared among machines, remembered, and seen as one."""
