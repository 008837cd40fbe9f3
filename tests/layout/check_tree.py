#!/usr/bin/python3
"""What must hold of every file of the project, whatever its kind.

    check_tree.py [--root TREE] [--expect FILE]

- No file names a folder of the machine it was written on: a path under somebody's home or workplace works nowhere else.
- Every shell script parses (bash -n) and, where shellcheck is installed, passes it.

Prints one line per breach and ends with status 1 if there is any. With --expect it ends with status 0 only if the
breaches are exactly the lines of FILE (shellcheck's findings aside, which need shellcheck).
"""

import argparse
import re
import shutil
import subprocess
import sys
from pathlib import Path

# Written so that this file does not name them itself.
FOREIGN_ROOTS = ["/" + name + "/" for name in ("work", "home", "root", "Users")]
# Not after a letter, a dot or another path part, so that src/network/work/ or https://host/home/ are no matter.
FOREIGN_PATH = re.compile(r"(?<![\w.\-/}])(?:" + "|".join(re.escape(root) for root in FOREIGN_ROOTS) + r")[\w.]")
FIXTURES = "tests/layout/bad_tree"  # breaches on purpose: this check's own test
IGNORED_FOLDERS = {".git", "build", "data", "node_modules", "__pycache__", ".cache"}


def project_files(root):
    """What git would commit; in an unpacked archive, all that is there. Never the fixtures, unless they are the tree."""
    listing = subprocess.run(
        ["git", "-c", "safe.directory=*", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        text=True,
    )
    if listing.returncode == 0 and listing.stdout:
        names = [name for name in listing.stdout.split("\0") if name]
    else:
        paths = (path.relative_to(root) for path in root.rglob("*"))
        names = [path.as_posix() for path in paths if not IGNORED_FOLDERS & set(path.parts)]
    return [name for name in sorted(names) if (root / name).is_file() and not name.startswith(FIXTURES)]


def text_of(path):
    content = path.read_bytes()
    return None if b"\0" in content else content.decode("utf-8", "replace")


def check_paths(name, text):
    for number, line in enumerate(text.splitlines(), 1):
        match = FOREIGN_PATH.search(line)
        if match:
            yield (
                f"{name}:{number}: names {match.group()[:-1]}...; expected: nothing of one machine. Mend: write the path"
                " relative to the project, or take it from the user."
            )


def is_shell(name, text):
    return name.endswith(".sh") or re.match(r"#!.*\b(?:ba)?sh\b", text) is not None


def check_shell(root, name):
    parsed = subprocess.run(["bash", "-n", name], cwd=root, capture_output=True, text=True)
    if parsed.returncode != 0:
        # bash says "file: line 3: what"; its wording after that is its own.
        line = re.search(r"line (\d+):", parsed.stderr)
        yield f"{name}:{line.group(1) if line else 1}: bash cannot read it (bash -n {name}). Mend its syntax."
    elif shutil.which("shellcheck"):
        checked = subprocess.run(
            ["shellcheck", "--external-sources", "--format=gcc", name], cwd=root, capture_output=True, text=True
        )
        yield from checked.stdout.splitlines()


def find_breaches(root):
    files = project_files(root)
    breaches = []
    for name in files:
        text = text_of(root / name)
        if text is not None:
            breaches.extend(check_paths(name, text))
            if is_shell(name, text):
                breaches.extend(check_shell(root, name))
    return len(files), breaches


def main():
    parser = argparse.ArgumentParser(description="What must hold of every file of the project, whatever its kind.")
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[2])
    parser.add_argument("--expect", type=Path, help="the breaches that must be found, no more and no fewer")
    options = parser.parse_args()

    count, breaches = find_breaches(options.root)
    if count == 0:
        sys.exit(f"{options.root}: no file found; expected: the root of the source tree")
    if options.expect is None:
        print("\n".join(breaches) if breaches else f"{count} files are as they should be")
        sys.exit(1 if breaches else 0)

    expected = options.expect.read_text().splitlines()
    for line in sorted(set(expected) ^ set(breaches)):
        print(f"{'not found, but expected' if line in expected else 'found, but not expected'}: {line}")
    sys.exit(0 if sorted(breaches) == sorted(expected) else 1)


if __name__ == "__main__":
    main()
