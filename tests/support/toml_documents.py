"""Generated TOML documents that use every form of the language: what the position tests are fed with."""

from hypothesis import strategies as st

_BARE = st.text("abcXYZ019-_", min_size=1, max_size=4)
_INSIDE = st.text("ab .#=[]{},'é\t😀", max_size=5)
_BLANK = st.sampled_from(["", " ", "\t", "  "])
_COMMENT = st.sampled_from(["", " # [no] key = 1", " # ''' \"\"\" }", "\t#"])
_WRAP = st.sampled_from(["", " ", "\n", '\n  # ] } , "\n\t', "\n\n"])


@st.composite
def _key_part(draw: st.DrawFn) -> str:
    form = draw(st.sampled_from(["bare", "bare", "basic", "literal", "escaped"]))
    if form == "bare":
        return draw(_BARE)
    if form == "basic":
        return '"' + draw(_INSIDE) + '"'
    if form == "escaped":
        return '"' + draw(_INSIDE) + draw(st.sampled_from([r"\"", r"\\", r"\u00e9", r"\t", r"\x41"])) + '"'
    return "'" + draw(_INSIDE).replace("'", '"') + "'"


@st.composite
def _key(draw: st.DrawFn) -> str:
    parts = draw(st.lists(_key_part(), min_size=1, max_size=3))
    return (draw(_BLANK) + "." + draw(_BLANK)).join(parts)


_SCALARS = st.sampled_from(
    [
        "1",
        "-0x1f",
        "1_000",
        "3.5e-7",
        "inf",
        "nan",
        "true",
        "1979-05-27",
        "1979-05-27 07:32:00",
        "1979-05-27T07:32:00.5+01:00",
        "07:32:00",
        '""',
        '"a # b = [c]"',
        r'"q\"\\"',
        "'lit # \\'",
        '"""\nline # [x]\n"quoted" ""two""\n"""',
        r'"""a\"""b"""',
        '"""ends in two"""""',
        "'''it's \n '' \\ '''",
        "'''x'''''",
    ]
)


@st.composite
def _array(draw: st.DrawFn, inner: st.SearchStrategy[str]) -> str:
    items = draw(st.lists(inner, max_size=3))
    body = ",".join(draw(_WRAP) + item + draw(_WRAP) for item in items)
    trailing = draw(st.sampled_from(["", ","])) if items else ""
    return f"[{body}{trailing}{draw(_WRAP)}]"


@st.composite
def _inline(draw: st.DrawFn, inner: st.SearchStrategy[str]) -> str:
    pairs = [f"{draw(_key())}{draw(_BLANK)}={draw(_BLANK)}{item}" for item in draw(st.lists(inner, max_size=3))]
    body = ",".join(draw(_WRAP) + pair + draw(_WRAP) for pair in pairs)
    return f"{{{body}{draw(st.sampled_from(['', ','])) if pairs else ''}{draw(_WRAP)}}}"


VALUES = st.recursive(_SCALARS, lambda inner: st.one_of(_array(inner), _inline(inner)), max_leaves=6)


@st.composite
def _statement(draw: st.DrawFn) -> str:
    form = draw(st.sampled_from(["pair", "pair", "pair", "table", "list", "blank"]))
    if form == "blank":
        return draw(_BLANK) + draw(_COMMENT)
    if form == "pair":
        text = f"{draw(_BLANK)}{draw(_key())}{draw(_BLANK)}={draw(_BLANK)}{draw(VALUES)}"
    else:
        opening, closing = ("[", "]") if form == "table" else ("[[", "]]")
        text = f"{draw(_BLANK)}{opening}{draw(_BLANK)}{draw(_key())}{draw(_BLANK)}{closing}"
    return text + draw(_BLANK) + draw(_COMMENT)


DOCUMENTS = st.builds(
    lambda lines, end, last: end.join(lines) + last,
    st.lists(_statement(), max_size=8),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["", "\n", "\r\n"]),
)
"""Text that is mostly, not always, valid TOML: keys may clash."""
