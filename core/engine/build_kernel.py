"""Build the optional compiled integrator: `python -m core.engine.build_kernel`.

Needs a C compiler and nothing else. Without one it says so and succeeds: the numpy integrator does the same work.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from core.engine.kernel import library_path

_FLAGS = (
    "-O3",
    "-std=gnu11",
    "-fPIC",
    "-shared",
    "-ffp-contract=fast",
    "-fno-math-errno",
    "-fvisibility=hidden",
    "-Wno-psabi",
)


def compiler() -> str | None:
    """The C compiler: $CC, else the first of cc, gcc, clang on the path; None if there is none."""
    names = [os.environ.get("CC", ""), "cc", "gcc", "clang"]
    return next((found for name in names if name and (found := shutil.which(name))), None)


def build(target: Path | None = None) -> Path | None:
    """Compile the kernel to `target` (beside the source by default) unless it is newer than its sources.

    Returns None where there is no compiler.

    Raises:
        subprocess.CalledProcessError: the compiler refused.
    """
    program = compiler()
    if program is None:
        return None
    target = library_path() if target is None else target
    folder = Path(__file__).parent
    written = max(path.stat().st_mtime for path in (*folder.glob("_*.c"), *folder.glob("_*.h")))
    if target.exists() and target.stat().st_mtime > written:
        return target
    sources = [str(path) for path in sorted(folder.glob("_*.c"))]
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        fresh = Path(scratch) / target.name
        subprocess.run([program, *_FLAGS, *sources, "-o", str(fresh), "-lm"], check=True)  # noqa: S603 fixed arguments
        fresh.replace(target)
    return target


def main() -> int:
    """Build, and say what came of it."""
    built = build()
    told = "no C compiler found; the numpy integrator will be used" if built is None else f"built {built}"
    sys.stdout.write(told + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
