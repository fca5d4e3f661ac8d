"""The way from this machine to the services: proxies, trusted authorities, and failures."""
