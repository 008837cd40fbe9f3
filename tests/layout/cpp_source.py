"""Reading C++ text just well enough to see what it includes and what it calls."""

import re
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""
    (?P<comment> //(?:\\\n|[^\n])* | /\*.*?\*/ )
  | (?P<raw> \b(?:u8|[uUL])?R"(?P<delimiter>[^()\\\s]{0,16})\(.*?\)(?P=delimiter)" )
  | (?P<include> ^[ \t]*\#[ \t]*include[ \t]*(?:"[^"\n]*"|<[^>\n]*>) )
  | (?P<string> "(?:\\.|[^"\\\n])*" )
  | (?P<number> \b[0-9](?:'?[0-9a-zA-Z_.])* )
  | (?P<character> '(?:\\.|[^'\\\n])*' )
    """,
    re.DOTALL | re.MULTILINE | re.VERBOSE,
)
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:"([^"\n]*)"|<([^>\n]*)>)', re.MULTILINE)


@dataclass(frozen=True)
class Include:
    line: int
    name: str
    quoted: bool


def without_comments_and_text(source):
    """The source with comments and literals blanked and every line where it was. Includes are kept."""

    def blank(match):
        if match.lastgroup in ("include", "number"):
            return match.group()
        return re.sub(r"[^\n]", " ", match.group())

    return _TOKEN.sub(blank, source)


def includes(code):
    """Every #include of code that without_comments_and_text has been through."""
    found = []
    for match in _INCLUDE.finditer(code):
        quoted = match.group(1) is not None
        line = code.count("\n", 0, match.start()) + 1
        found.append(Include(line, match.group(1) if quoted else match.group(2), quoted))
    return found
