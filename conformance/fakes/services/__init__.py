"""The virtual tenant's answers: one module per API."""
