"""The virtual tenant on the network: servers, certificates and what can fail there."""
