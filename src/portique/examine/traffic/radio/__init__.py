"""Mobile radio: GSMTAP and what it carries, down to short messages and IP packets."""
