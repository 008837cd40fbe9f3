"""Cases of the command line: what a case can do, and how cases are collected, run and compared with golden files.

A case is a function that takes a Trial; its docstring is the sentence it proves, its name is the name of its golden file.
"""

import difflib
import os
import shlex
import signal
import subprocess
import tempfile
import time
import traceback
from dataclasses import dataclass
from pathlib import Path

GOLDEN = Path(__file__).parent / "golden"
SECONDS = 240  # a command that needs longer hangs
LONGEST = 300  # characters of a refusal; what is longer nobody reads

CASES = {}  # name -> function


def case(function):
    """Registers a function as a case."""
    if function.__name__ in CASES:
        raise ValueError(f"two cases are called {function.__name__}")
    CASES[function.__name__] = function
    return function


@dataclass(frozen=True)
class Done:
    """A command that has ended."""

    line: str
    status: int
    out: str
    err: str


class Trial:
    """One case at work: an empty folder to work in, and the checks. A failed check raises AssertionError."""

    def __init__(self, name, program, folder, update):
        self.name = name
        self.folder = folder
        self._program = program
        self._update = update
        self._transcript = []

    def path(self, name):
        return self.folder / name

    def ohmloom(self, *words, status=0, environment=None):
        """Runs `ohmloom words…` in the folder, away from the user's own data; its exit status must be `status`."""
        return self._end(self._start(words, environment), words, status)

    def interrupted(self, *words, when, by):
        """Runs a command and sends it the signal `by` as soon as `when()` holds; it must end by that signal, with nothing on
        stdout and the folder as it was."""
        before = snapshot(self.folder)
        process = self._start(words)
        while process.poll() is None and not when():
            time.sleep(0.001)
        assert process.poll() is None, f"{shlex.join(map(str, words))} ended before it could be interrupted"
        process.send_signal(by)
        done = self._end(process, words, -by)
        assert done.out == "", f"an interrupted command prints nothing on stdout\n{transcript([done])}"
        after = snapshot(self.folder)
        assert after == before, f"the folder changed: {describe_change(before, after)}"

    @property
    def program(self):
        return self._program

    def with_program(self, program):
        """The same trial with another program."""
        return Trial(self.name, program, self.folder, self._update)

    def start(self, *words, environment=None):
        """Starts a command and lets it run: for end()."""
        return self._start(words, environment)

    def end(self, process, status=0):
        """Waits for a command that was started; its exit status must be `status`."""
        return self._end(process, process.args[1:], status)

    def _start(self, words, environment=None):
        return subprocess.Popen(
            [self._program, *map(str, words)],
            cwd=self.folder,
            env=os.environ | {"OHMLOOM_DATA": str(self.folder / "user-data")} | (environment or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=heed_signals,
        )

    def _end(self, process, words, status):
        """Waits for a command; its exit status must be `status`."""
        try:
            out, err = process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise
        done = Done(shlex.join(["ohmloom", *map(str, words)]), process.returncode, out, err)
        self._transcript.append(done)
        assert done.status == status, f"exit status {done.status}, expected {status}\n{transcript([done])}"
        return done

    def refused(self, *words):
        """Runs a command that must be refused as bad input: status 2, exactly one line of explanation, on stderr,
        and the folder as it was: no result, no half result, no temporary file, nothing older touched."""
        before = snapshot(self.folder)
        done = self.ohmloom(*words, status=2)
        said = transcript([done])
        assert done.out == "", f"a refused command prints nothing on stdout\n{said}"
        assert done.err.endswith("\n") and done.err.count("\n") == 1, f"expected exactly one line on stderr\n{said}"
        assert len(done.err) <= LONGEST, f"expected at most {LONGEST} characters on stderr\n{said}"
        assert done.err.startswith("ohmloom: "), f"expected the program's name first\n{said}"
        after = snapshot(self.folder)
        assert after == before, f"the folder changed: {describe_change(before, after)}\n{said}"
        return done

    def show(self, name):
        """Puts a text file of the folder into the transcript."""
        self._transcript.append(Done(f"cat {name}", 0, self.path(name).read_text(), ""))

    def matches_golden(self):
        """Compares all that was run so far, and what it said, with the golden file of the case."""
        file = GOLDEN / f"{self.name}.txt"
        found = transcript(self._transcript)
        if self._update:
            file.write_text(found)
            return
        assert file.exists(), f"no golden file {file.name}; if this is right, run with --update:\n{found}"
        expected = file.read_text()
        difference = difflib.unified_diff(expected.splitlines(), found.splitlines(), "golden", "found", lineterm="")
        assert found == expected, f"differs from {file.name} (accept with --update):\n" + "\n".join(difference)


def heed_signals():
    """Signals end a command as they do at a terminal, even if the tests themselves run in the background, where a shell ignores
    some."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def transcript(commands):
    lines = []
    for done in commands:
        lines.append(f"$ {done.line}")
        lines.extend(f"  {text}" for text in done.out.splitlines())
        lines.extend(f"! {text}" for text in done.err.splitlines())
        lines.append(f"= {done.status}")
    return "\n".join(lines) + "\n"


def snapshot(folder):
    """Every file below a folder, hidden ones too, with its content."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


def describe_change(before, after):
    words = [f"{name} is new" for name in after if name not in before]
    words += [f"{name} is gone" for name in before if name not in after]
    words += [f"{name} has other content" for name in before if name in after and before[name] != after[name]]
    return ", ".join(words)


def run_case(name, program, update=False):
    """Runs one case in a folder of its own. Returns why it failed, or None."""
    with tempfile.TemporaryDirectory(prefix="ohmloom-cli-") as folder:
        try:
            CASES[name](Trial(name, program, Path(folder), update))
        except (AssertionError, subprocess.TimeoutExpired) as failure:
            # A bare assert has no words of its own: the line that failed, else nobody would know that it did.
            return str(failure) or "failed: " + traceback.extract_tb(failure.__traceback__)[-1].line
    return None
