"""Faults of material or of a request, told to the person who can mend them."""

from __future__ import annotations


class Problem(Exception):  # noqa: N818 - the word of the project, and a person reads it
    """A fault of the material or of the request: what, where, how to mend.

    Faults of the program itself are never a Problem: they keep their traceback.

    Args:
        what: one sentence, e.g. "3 of 4,812 records have a cut IMEI".
        where: file, line or setting, e.g. "sources/sale/ledger.csv, line 118".
        mend: what the reader can do about it.
        code: stable code of this fault, e.g. "COL-021"; listed in docs/reference/errors.md.

    >>> print(Problem("the file is empty", where="a.csv", mend="ask for it again", code="COL-001"))
    the file is empty
      where: a.csv
      mend:  ask for it again
      code:  COL-001
    """

    def __init__(self, what: str, *, where: str, mend: str, code: str) -> None:
        self.what = what
        self.where = where
        self.mend = mend
        self.code = code
        super().__init__(what)

    def __str__(self) -> str:
        return f"{self.what}\n  where: {self.where}\n  mend:  {self.mend}\n  code:  {self.code}"

    def __reduce__(self) -> tuple[object, ...]:
        return (_restore, (self.what, self.where, self.mend, self.code))

    def as_dict(self) -> dict[str, str]:
        """Return the four parts, for `--json`."""
        return {"code": self.code, "what": self.what, "where": self.where, "mend": self.mend}


class Refused(Problem):
    """A request that cannot be met or a source that may not be used: exit code 2."""

    def __reduce__(self) -> tuple[object, ...]:
        return (_restore_refused, (self.what, self.where, self.mend, self.code))


class Taken(Problem):
    """What is asked for is somebody else's already, as an id or a served case: exit code 1."""

    def __reduce__(self) -> tuple[object, ...]:
        return (_restore_taken, (self.what, self.where, self.mend, self.code))


def _restore(what: str, where: str, mend: str, code: str) -> Problem:
    return Problem(what, where=where, mend=mend, code=code)


def _restore_refused(what: str, where: str, mend: str, code: str) -> Refused:
    return Refused(what, where=where, mend=mend, code=code)


def _restore_taken(what: str, where: str, mend: str, code: str) -> Taken:
    return Taken(what, where=where, mend=mend, code=code)
