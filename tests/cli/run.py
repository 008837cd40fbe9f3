#!/usr/bin/python3
"""Runs the command-line cases.

    run.py --list                          names of all cases
    run.py --program OHMLOOM [CASE...]     runs these, or all; status 1 if one failed
    run.py --program OHMLOOM --update ...  also writes the golden files anew; read the diff before committing it

Needs Debian's python3-h5py and python3-numpy: /usr/bin/python3, whatever stands first in PATH.
"""

import argparse
import sys
from pathlib import Path

import harness


def collect():
    """Every case of every *_cases.py file beside this one."""
    for file in sorted(Path(__file__).parent.glob("*_cases.py")):
        __import__(file.stem)


def main():
    parser = argparse.ArgumentParser(description="Runs the command-line cases.")
    parser.add_argument("--program", type=Path, help="the ohmloom program to run")
    parser.add_argument("--update", action="store_true", help="write the golden files anew")
    parser.add_argument("--list", action="store_true", help="print the names of all cases")
    parser.add_argument("cases", nargs="*", metavar="CASE")
    options = parser.parse_args()

    collect()
    if options.list:
        print("\n".join(harness.CASES))
        return 0
    if options.program is None:
        parser.error("--program is needed to run cases")
    unknown = [name for name in options.cases if name not in harness.CASES]
    if unknown:
        parser.error(f"no case is called {unknown[0]} (see --list)")

    failures = 0
    for name in options.cases or harness.CASES:
        reason = harness.run_case(name, options.program.resolve(), options.update)
        print(f"{'FAILED' if reason else 'passed'}  {name}: {harness.CASES[name].__doc__}")
        if reason is not None:
            failures += 1
            print(reason)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
