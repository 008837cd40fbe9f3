#!/usr/bin/python3
"""Holds the source tree to the layer rules of layers.toml.

    check_layout.py [--root TREE] [--expect FILE]

Prints one line per breach (file:line, what is there, what was expected, how to mend it) and ends with status 1 if there
is any. With --expect it ends with status 0 only if the breaches are exactly the lines of FILE: so the check is checked.
"""

import argparse
import fnmatch
import re
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

from cpp_source import includes, without_comments_and_text

RULES = Path(__file__).parent / "layers.toml"
RULES_NAME = "tests/layout/layers.toml"


@dataclass(frozen=True, order=True)
class Breach:
    path: str
    line: int
    text: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.text}"


@dataclass(frozen=True)
class SourceFile:
    path: str  # from the root of the tree
    layer: str
    code: str  # without comments and literals
    includes: list


class Rules:
    """layers.toml, with the questions the checks ask of it."""

    def __init__(self, file):
        table = tomllib.loads(file.read_text())
        self.folders = {name: layer["folder"] for name, layer in table["layers"].items()}
        self.may_use = {name: layer["may_use"] for name, layer in table["layers"].items()}
        self.outside = table["outside"]
        self.silence = table["silence"]

    def permits(self, user, used):
        return user == used or used in self.may_use[user]

    def expected(self, layer):
        named = ", ".join(self.may_use[layer]) or "no other layer"
        return f"{layer} may use {named} ({RULES_NAME})"

    def is_inner_header(self, source):
        """A header that is nobody's interface, so in no list: a program's, or one named as a library's place."""
        if not source.path.endswith(".hpp"):
            return False
        places = (pattern for entry in self.outside for pattern in entry["files"] if pattern.endswith(".hpp"))
        return source.layer == "tools" or any(fnmatch.fnmatchcase(source.path, pattern) for pattern in places)

    def outside_of(self, header):
        for entry in self.outside:
            if any(header.startswith(name) if name.endswith("/") else header == name for name in entry["headers"]):
                return entry
        return None

    def outside_linked_as(self, target):
        return next((entry for entry in self.outside if target in entry["link"]), None)


def read_sources(root, rules):
    sources = []
    for layer, folder in rules.folders.items():
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in (".hpp", ".cpp", ".h", ".cc"):
                code = without_comments_and_text(path.read_text())
                sources.append(SourceFile(path.relative_to(root).as_posix(), layer, code, includes(code)))
    return sources


def layer_of_include(name, rules):
    first = name.split("/")[0]
    return first if "/" in name and first in rules.folders else None


def check_layers(sources, rules):
    for source in sources:
        for include in source.includes:
            used = layer_of_include(include.name, rules)
            if used and not rules.permits(source.layer, used):
                yield Breach(
                    source.path,
                    include.line,
                    f'includes "{include.name}"; expected: {rules.expected(source.layer)}. Mend: take what is needed as'
                    f" an argument, or move this code to a layer that may use {used}.",
                )


def check_spelling(sources, rules):
    for source in sources:
        for include in source.includes:
            if include.quoted and source.layer != "tools" and not layer_of_include(include.name, rules):
                yield Breach(
                    source.path,
                    include.line,
                    f'includes "{include.name}"; expected: our own headers named from the root of the layers. Mend:'
                    f' write "{source.layer}/...", or <...> for a library\'s header.',
                )
            if not include.quoted and layer_of_include(include.name, rules):
                yield Breach(
                    source.path,
                    include.line,
                    f"includes <{include.name}>; expected: our own headers in quotes. Mend: write"
                    f' "{include.name}".',
                )


def check_outside(sources, rules):
    for source in sources:
        for include in source.includes:
            standard = re.fullmatch(r"[a-z_0-9]+", include.name)
            if include.quoted or standard or layer_of_include(include.name, rules):
                continue
            entry = rules.outside_of(include.name)
            if entry is None:
                yield Breach(
                    source.path,
                    include.line,
                    f"includes <{include.name}>; expected: a library named in {RULES_NAME}. Mend: use one that is, or"
                    " give the new one its one place there and its package in tools/packages.",
                )
            elif not any(fnmatch.fnmatchcase(source.path, pattern) for pattern in entry["files"]):
                yield Breach(
                    source.path,
                    include.line,
                    f"includes <{include.name}>; expected: only in {', '.join(entry['files'])} ({RULES_NAME}). Mend:"
                    " call the function there that wraps it.",
                )


def check_silence(sources, rules):
    # Not a member of something else that has that name.
    call = re.compile(r"(?<![\w.>:])(?:std::|::)?(?:" + "|".join(rules.silence["names"]) + r")(?=\s*(?:\(|<<))")
    for source in sources:
        if not any(source.path.startswith(folder + "/") for folder in rules.silence["folders"]):
            continue
        for include in source.includes:
            if include.name in rules.silence["headers"]:
                yield Breach(
                    source.path,
                    include.line,
                    f"includes <{include.name}>; expected: the library never prints. Mend: return the text, or report"
                    " through base/progress.hpp.",
                )
        for match in call.finditer(source.code):
            yield Breach(
                source.path,
                source.code.count("\n", 0, match.start()) + 1,
                f"uses {match.group().strip()}; expected: the library never prints and never ends the process. Mend:"
                " return a value, or throw an Error of base/errors.hpp.",
            )


def first_cycle(graph):
    """One cycle of {node: [nodes]} as a list that ends where it starts, or None."""
    finished = set()

    def visit(node, trail):
        if node in trail:
            return trail[trail.index(node) :] + [node]
        if node in finished:
            return None
        for following in graph.get(node, []):
            cycle = visit(following, trail + [node])
            if cycle:
                return cycle
        finished.add(node)
        return None

    for start in sorted(graph):
        cycle = visit(start, [])
        if cycle:
            return cycle
    return None


def check_cycles(sources, rules):
    cycle = first_cycle(rules.may_use)
    if cycle:
        yield Breach(RULES_NAME, 1, f"layers in a circle: {' -> '.join(cycle)}; expected: an order. Mend: drop one use.")

    path_of = {}
    for source in sources:
        folder = rules.folders[source.layer]
        path_of[source.layer + source.path[len(folder) :]] = source.path
    graph = {s.path: [path_of[i.name] for i in s.includes if i.name in path_of] for s in sources}
    cycle = first_cycle(graph)
    if cycle:
        source = next(s for s in sources if s.path == cycle[0])
        include = next(i for i in source.includes if path_of.get(i.name) == cycle[1])
        yield Breach(
            source.path,
            include.line,
            f"headers in a circle: {' -> '.join(cycle)}; expected: an order. Mend: move what both need to a third header.",
        )


def reachable(layer, depends):
    seen, pending = set(), [layer]
    while pending:
        current = pending.pop()
        if current not in seen:
            seen.add(current)
            pending.extend(depends.get(current, []))
    return seen


def words_with_lines(text):
    """Every word of a CMake file without its comments, with its line."""
    for number, line in enumerate(text.splitlines(), 1):
        for word in re.findall(r"[^\s()\"]+", line.split("#")[0]):
            yield number, word


def check_links(root, sources, rules):
    depends = {}
    for layer, folder in rules.folders.items():
        for cmake in sorted((root / folder).rglob("CMakeLists.txt")):
            path = cmake.relative_to(root).as_posix()
            keyword = None
            listed = set()
            for line, word in words_with_lines(cmake.read_text()):
                if re.fullmatch(r"[A-Z]+", word):
                    keyword = word
                    continue
                listed.add(word)
                target = word.removeprefix("ohmloom::") if keyword != "DEPENDS" else word
                ours = keyword == "DEPENDS" or word.startswith("ohmloom::")
                if ours and target in rules.folders:
                    depends.setdefault(layer, []).append(target)
                    if not rules.permits(layer, target):
                        yield Breach(
                            path,
                            line,
                            f"links {target}; expected: {rules.expected(layer)}. Mend: drop it, or move the code that"
                            " needs it.",
                        )
                entry = rules.outside_linked_as(word)
                if entry and not any(serves(pattern, folder) for pattern in entry["files"]):
                    yield Breach(
                        path,
                        line,
                        f"links {word}; expected: only the layers of {', '.join(entry['files'])} ({RULES_NAME}). Mend:"
                        " drop it, or call the function there that wraps it.",
                    )
            for source in sources:
                if list_of(root, source) != cmake or rules.is_inner_header(source):
                    continue
                if source.path.removeprefix(cmake.parent.relative_to(root).as_posix() + "/") not in listed:
                    yield Breach(
                        source.path,
                        1,
                        f"is not named in {path}; expected: every source and header listed, so that it is built and"
                        " verified. Mend: list it, or delete it.",
                    )
    for source in sources:
        linked = reachable(source.layer, depends)
        for include in source.includes:
            used = layer_of_include(include.name, rules)
            if used and rules.permits(source.layer, used) and used not in linked:
                yield Breach(
                    source.path,
                    include.line,
                    f'includes "{include.name}" but {source.layer} does not link {used}; expected: what is included is'
                    f" linked. Mend: add {used} to DEPENDS in {rules.folders[source.layer]}/CMakeLists.txt.",
                )


def list_of(root, source):
    """The CMakeLists.txt that has to name a source: the nearest above it."""
    folders = (root / source.path).parents
    return next((folder / "CMakeLists.txt" for folder in folders if (folder / "CMakeLists.txt").exists()), None)


def serves(pattern, folder):
    """Whether a file pattern reaches into a folder."""
    return pattern.startswith(folder + "/") or fnmatch.fnmatchcase(folder + "/any.cpp", pattern)


def find_breaches(root, rules):
    sources = read_sources(root, rules)
    breaches = set()
    breaches.update(check_layers(sources, rules))
    breaches.update(check_spelling(sources, rules))
    breaches.update(check_outside(sources, rules))
    breaches.update(check_silence(sources, rules))
    breaches.update(check_cycles(sources, rules))
    breaches.update(check_links(root, sources, rules))
    return len(sources), sorted(breaches)


def main():
    parser = argparse.ArgumentParser(description="Holds the source tree to the layer rules of layers.toml.")
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[2])
    parser.add_argument("--expect", type=Path, help="the breaches that must be found, no more and no fewer")
    options = parser.parse_args()

    count, breaches = find_breaches(options.root, Rules(RULES))
    if count == 0:
        sys.exit(f"{options.root}: no source file of any layer found; expected: the root of the source tree")
    lines = [str(breach) for breach in breaches]
    if options.expect is None:
        print("\n".join(lines) if lines else f"{count} files keep the layer rules")
        sys.exit(1 if lines else 0)

    expected = options.expect.read_text().splitlines()
    for line in expected:
        if line not in lines:
            print(f"not found, but expected: {line}")
    for line in lines:
        if line not in expected:
            print(f"found, but not expected: {line}")
    sys.exit(0 if lines == expected else 1)


if __name__ == "__main__":
    main()
