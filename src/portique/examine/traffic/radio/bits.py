"""Bits of a packed message, taken from the front."""

from __future__ import annotations


class Bits:
    """The bits of a message.

    Args:
        data: the message.
    """

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "big")
        self._left = len(data) * 8

    def take(self, count: int) -> int:
        """Return the next bits as a number.

        Raises:
            IndexError: so many are not left.
        """
        self._left -= count
        if self._left < 0:
            raise IndexError("message cut")
        return (self._value >> self._left) & ((1 << count) - 1)

    def octets(self, count: int) -> bytes:
        """Return the next octets, wherever they start.

        Raises:
            IndexError: so many are not left.
        """
        return self.take(8 * count).to_bytes(count, "big")
