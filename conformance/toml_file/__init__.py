"""TOML files with exact positions for error messages."""
