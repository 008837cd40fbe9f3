"""The command line itself: help, version, and words it does not know."""

from harness import case

VERBS = ("run", "report", "solve", "write", "data", "device", "adc", "train")


@case
def usage_help(t):
    """Every verb explains itself with an example, and the program names every verb."""
    overview = t.ohmloom("--help").out
    for verb in VERBS:
        assert verb in overview, f"the help does not name {verb}:\n{overview}"
        text = t.ohmloom(verb, "--help").out
        assert f"ohmloom {verb}" in text, f"the help of {verb} shows no example:\n{text}"


@case
def usage_version(t):
    """The version is one line."""
    said = t.ohmloom("--version").out
    assert said.count("\n") == 1 and said.strip(), said


@case
def usage_no_verb(t):
    """Without a verb the command is refused."""
    t.refused()
    t.matches_golden()


@case
def usage_unknown_verb(t):
    """An unknown verb is refused by its name."""
    assert "slove" in t.refused("slove", "in.h5").err, "the message does not name the word it does not know"
    t.matches_golden()
