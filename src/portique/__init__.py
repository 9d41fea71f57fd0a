"""From the first seized ledger to the court: where a supplier's phones are."""

__version__ = "0.1.0"
