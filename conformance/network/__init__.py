"""The network between this machine and the services: proxies, trusted authorities, and failures."""
