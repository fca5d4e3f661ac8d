"""The page for the customer's administrator: what they have to do, and nothing else."""
