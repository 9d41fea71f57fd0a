"""The only way in for the command line."""
