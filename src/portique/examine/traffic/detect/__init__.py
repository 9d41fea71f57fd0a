"""What the conversations say when looked at together."""
