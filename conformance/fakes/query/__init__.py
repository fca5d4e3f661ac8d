"""Query languages of the virtual tenant: KQL and OData."""
