"""The state of the virtual tenant, from which every answer follows."""
