"""The virtual tenant on the network: servers, certificates and network failures."""
