"""The way from this machine to the services: its proxies, the authorities it trusts, and what fails on that way."""
