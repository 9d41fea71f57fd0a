"""Rows -> the phones of the fleet."""
