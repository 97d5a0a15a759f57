"""Shared by the make_*.py scripts: a folder of reference data that is made once for each version of its script."""
import hashlib
import os
import shutil
import sys

SKIPPED = 77  # CTest's SKIP_RETURN_CODE


def require(*modules):
    """Ends the script as skipped when one of `modules` cannot be imported."""
    for module in modules:
        try:
            __import__(module)
        except ImportError as error:
            print(f"skipped: {error}; tests/run installs what the tests compare with", file=sys.stderr)
            sys.exit(SKIPPED)


def make(script, build):
    """Calls build(folder) with an empty folder and puts it at sys.argv[1], unless this very script made it before.

    The folder appears whole or not at all, so a test that finds it can trust it.
    """
    target = os.path.abspath(sys.argv[1])
    stamp = os.path.join(target, "made_by")
    with open(script, "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    if os.path.exists(stamp) and open(stamp, encoding="ascii").read() == digest:
        return
    part = target + ".part"
    for folder in (part, target):
        shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(part)
    build(part)
    with open(os.path.join(part, "made_by"), "w", encoding="ascii") as file:
        file.write(digest)
    os.rename(part, target)
