"""What must hold: the checks, how they are declared and judged."""
