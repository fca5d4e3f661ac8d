"""The leak scan. It is independent of the scrubber's code."""
