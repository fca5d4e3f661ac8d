"""The hand-back page: the tasks of the customer's administrators."""
