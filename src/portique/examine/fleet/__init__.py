"""Many images at once: which builds they run, which phones were modified."""
