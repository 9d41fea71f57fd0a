"""A whole invented operation, with its truth."""
