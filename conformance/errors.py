"""The base of every error that the user can fix: a wrong option, file or environment."""


class UsageError(Exception):
    """An option, a file or the environment cannot be used, so the run does not start.

    The message has one line per problem, in the user's words. Both command lines print it and end with exit code 4.
    """
