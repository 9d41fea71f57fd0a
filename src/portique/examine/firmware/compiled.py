"""Loops that are compiled when they are first needed, and remembered on disk where that is allowed.

numba compiles a loop, which takes some seconds (docs/firmware.md says how many). What is kept is
machine code alone, in `__pycache__` beside the source, or in the user's cache folder where the
source may not be written; where neither may be, every process compiles anew. To run what was kept,
llvmlite is enough: numba itself, half a second of each process, is not loaded then. Machine code is
kept under the hash of the loop's source and of this file, the version of llvmlite, and the
processor. A stored one that cannot be read or written costs time and nothing else.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Loop = Callable[..., int]
_ready: dict[Loop, Loop] = {}
_kept_alive: list[object] = []
_lock = threading.Lock()
_DIGEST_BYTES = 32
_PLACE, _COUNT = ctypes.c_void_p, ctypes.c_int64
_ARRAY = (_PLACE, _PLACE, _COUNT, _COUNT, _PLACE, _COUNT, _COUNT)
"""How numba hands an array of one dimension to machine code: two owners (none: the caller owns it),
number of items, bytes of one, place of the first, number in the dimension, bytes from one on."""
_NEVER_CALLED = "NRT_MemInfo_call_dtor"
"""Of numba: frees an array that machine code made itself. Every array here is its caller's."""
Code = tuple[str, bytes]
"""Name of the function, and the object file that holds it."""


def is_ready(loop: Loop) -> bool:
    """Return whether a loop was compiled in this process, so that calling it costs nothing more."""
    return loop in _ready


def compiled(loop: Loop, parts: Sequence[Callable[..., object]], kinds: Sequence[str]) -> Loop:
    """Return a loop as machine code.

    It takes whole arrays of one dimension that it may write, checks no bounds, and raises nothing.

    Args:
        loop: a function of this package, written for numba; it returns a whole number.
        parts: what it calls, each after what it calls itself; of the same file.
        kinds: numpy's name of the type of each array, e.g. "uint16".
    """
    with _lock:
        if loop not in _ready:
            name = f"{loop.__name__}-{_key(loop)}.machine"
            found = _stored(name)
            if found is None:
                found = _compile(loop, parts, kinds)
                _store(name, found)
            _ready[loop] = _loaded(found, len(kinds))
        return _ready[loop]


def _key(loop: Loop) -> str:
    import llvmlite  # noqa: PLC0415 - 40 ms, and only loops need it
    from llvmlite import binding  # noqa: PLC0415

    told = [llvmlite.__version__, binding.get_default_triple(), binding.get_host_cpu_name()]
    told.append(binding.get_host_cpu_features().flatten())
    digest = hashlib.sha256("\n".join(told).encode())
    for file in (loop.__code__.co_filename, __file__):
        digest.update(Path(file).read_bytes())
    return digest.hexdigest()[:32]


def _compile(loop: Loop, parts: Sequence[Callable[..., object]], kinds: Sequence[str]) -> Code:
    from llvmlite import binding  # noqa: PLC0415
    from numba import njit, types  # noqa: PLC0415 - half a second, and only once a machine
    from numba.extending import register_jitable  # noqa: PLC0415

    for part in parts:
        register_jitable(part)
    arrays = tuple(types.Array(getattr(types, kind), 1, "C") for kind in kinds)
    bare: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "nogil": True}
    done: Any = njit(arrays, **bare)(loop).overloads[arrays]
    module = binding.parse_assembly(done.library.get_llvm_str())
    return done.fndesc.llvm_func_name, _machine().emit_object(module)


def _machine() -> Any:
    from llvmlite import binding  # noqa: PLC0415

    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    return binding.Target.from_default_triple().create_target_machine(
        cpu=binding.get_host_cpu_name(),
        features=binding.get_host_cpu_features().flatten(),
        opt=3,
        jit=True,
    )


def _loaded(code: Code, arrays: int) -> Loop:
    """Return machine code as a function; the arrays it is given must be of the types told."""
    from llvmlite import binding  # noqa: PLC0415

    name, held = code
    if not binding.address_of_symbol(_NEVER_CALLED):
        stop = ctypes.cast(ctypes.pythonapi.Py_FatalError, ctypes.c_void_p).value
        binding.add_symbol(_NEVER_CALLED, stop)
    engine = binding.create_mcjit_compiler(binding.parse_assembly(""), _machine())
    engine.add_object_file(binding.ObjectFileRef.from_data(held))
    engine.finalize_object()
    _kept_alive.append(engine)
    result = ctypes.POINTER(ctypes.c_int64)
    kind = ctypes.CFUNCTYPE(ctypes.c_int32, result, ctypes.c_void_p, *_ARRAY * arrays)
    native = kind(engine.get_function_address(name))

    def run(*given: npt.NDArray[np.generic]) -> int:
        flat: list[object] = []
        for each in given:
            flat += (None, None, each.size, each.itemsize, each.ctypes.data, each.size)
            flat.append(each.itemsize)
        returned, fault = ctypes.c_int64(), ctypes.c_void_p()
        if native(ctypes.byref(returned), ctypes.byref(fault), *flat):
            raise RuntimeError(f"a compiled loop raised something: {name}")
        return returned.value

    return run


def _places() -> Iterator[Path]:
    """Yield where machine code may be kept, the best first."""
    yield Path(__file__).parent / "__pycache__"
    cache = os.environ.get("XDG_CACHE_HOME")
    try:
        yield (Path(cache) if cache else Path.home() / ".cache") / "portique"
    except RuntimeError:  # no home
        return


def _stored(name: str) -> Code | None:
    """Return what is kept under a name; None: nothing is, or not what was stored."""
    for place in _places():
        try:
            held = (place / name).read_bytes()
        except OSError:
            continue
        digest, rest = held[:_DIGEST_BYTES], held[_DIGEST_BYTES:]
        if hashlib.sha256(rest).digest() == digest:
            function, _, code = rest.partition(b"\0")
            return function.decode(), code
    return None


def _store(name: str, code: Code) -> None:
    rest = code[0].encode() + b"\0" + code[1]
    for place in _places():
        try:
            place.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=place, delete=False) as file:
                file.write(hashlib.sha256(rest).digest() + rest)
            Path(file.name).replace(place / name)
        except OSError:
            continue
        return
