"""TOML for people: files with positions, mistakes told where they are, did-you-mean.

In: a TOML file and a model of what it should say. Out: its values, or every mistake in it with line, column, what was
expected and what was found. Never: what a unit or a receiver is; both use this.
"""

from agent.tomlfile.document import Document, Unusable, dotted, parse, read
from agent.tomlfile.problem import Problem, Report, Severity, printable, quoted
from agent.tomlfile.quantities import Distance, Duration, Quantity, Size
from agent.tomlfile.scan import Path, Place
from agent.tomlfile.suggest import did_you_mean, either, listing, nearest
from agent.tomlfile.table import Table
from agent.tomlfile.walk import check, check_table

__all__ = [
    "Distance",
    "Document",
    "Duration",
    "Path",
    "Place",
    "Problem",
    "Quantity",
    "Report",
    "Severity",
    "Size",
    "Table",
    "Unusable",
    "check",
    "check_table",
    "did_you_mean",
    "dotted",
    "either",
    "listing",
    "nearest",
    "parse",
    "printable",
    "quoted",
    "read",
]
