"""What the leak scan reads and what it looks for. Nothing of it is shared with what scrubs a recording."""
