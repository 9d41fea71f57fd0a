"""Damage done to a good file: what goes wrong on the way from a deliverer to a case."""

from __future__ import annotations

from hypothesis import strategies as st

Damage = tuple[str, float, float, bytes]
WHERE = st.floats(0, 1)
DAMAGES = st.lists(
    st.tuples(
        st.sampled_from(("cut", "flip", "drop", "repeat", "insert")),
        WHERE,
        WHERE,
        st.binary(min_size=1, max_size=8)
        | st.sampled_from((b'"', b"\n", b"\r", b",", b"\0", b'"\n"')),
    ),
    min_size=1,
    max_size=4,
)


def damaged(content: bytes, damages: list[Damage]) -> bytes:
    """Return content with some damages done to it, one after the other.

    >>> damaged(b"abcdef", [("cut", 0.5, 0.0, b"x"), ("insert", 1.0, 0.0, b"x")])
    b'abcx'
    """
    for what, first, second, extra in damages:
        start, end = sorted((int(first * len(content)), int(second * len(content))))
        if what == "cut":
            content = content[: int(first * len(content))]
        elif what == "flip":
            content = content[:start] + extra + content[start + len(extra) :]
        elif what == "drop":
            content = content[:start] + content[end:]
        elif what == "repeat":
            content = content[:end] + content[start:]
        else:
            content = content[:end] + extra + content[end:]
    return content
