"""TOML files with exact positions for every error message."""
