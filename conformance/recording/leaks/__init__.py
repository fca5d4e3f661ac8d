"""The leak scan. It shares no code with the scrubber."""
