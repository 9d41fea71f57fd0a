"""Commands; prints, exits, nothing else."""
