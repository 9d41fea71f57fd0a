"""What firmware, content and traffic of one exhibit say together, and the phones of one build."""
