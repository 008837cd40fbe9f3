#!/usr/bin/python3
"""What a sweep of small runs takes beside computing them.

    /usr/bin/python3 benchmarks/sweeps/overhead.py build/release/bin/ohmloom [POINTS [IMAGES]]

Runs a sweep of a 16-7-5 network on some images (60) with one thread and with all, three times in turn, and prints the time beside
the points' own and the gain by threads. Needs python3-h5py and python3-numpy.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import h5py

sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "cli"))
from study_files import STUDY, sample_problem  # noqa: E402


def main():
    program, points = Path(sys.argv[1]).absolute(), int(sys.argv[2]) if len(sys.argv) > 2 else 10000
    images = int(sys.argv[3]) if len(sys.argv) > 3 else 60
    study = STUDY.split("[[scheme]]")[0].replace("col = 15 }", "col = 15 }\nrows = 17\ncols = 7")
    study += f'\n[sweep]\n"array.wire.r_row" = {{ from = 1, to = 100, steps = {points} }}\n'
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        problem = sample_problem(images)
        problem.study = study
        problem.write(folder)

        def sweep(threads):
            result = folder / "result.h5"
            result.unlink(missing_ok=True)
            started = time.monotonic()
            subprocess.run([program, "sweep", "study.toml", "-o", "result.h5", "--threads", str(threads)], cwd=folder, check=True, capture_output=True)
            whole = time.monotonic() - started
            with h5py.File(result) as file:
                return whole, float(file["timing/wall_s"][:].sum())

        for _ in range(3):
            one, one_points = sweep(1)
            both, both_points = sweep(0)
            print(
                f"{points} points of {images} images: one thread {one:.2f} s, of which {one_points:.2f} s computing: {1e3 * (one - one_points) / points:.3f} ms a point beside it; "
                f"all threads {both:.2f} s: {one / both:.2f} times faster"
            )


if __name__ == "__main__":
    main()
