# SPDX-License-Identifier: MIT
"""The mutants of a C file: one small change each, from a table of changes.

The file is cut into tokens, not parsed: what a change makes of it may be no C,
and then the compiler says so.
"""
import re
from collections import namedtuple

# What is written instead of an operator. Where a token may be unary it is
# changed only after an operand. There is no row for * (pointers).
OPERATORS = {
    "<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==",
    "&&": "||", "||": "&&", "!": "", "~": "",
    "+": "-", "-": "+", "%": "/", "/": "*", "<<": ">>", ">>": "<<",
    "&": "|", "|": "&", "^": "|",
    "+=": "-=", "-=": "+=", "|=": "&=", "&=": "|=", "^=": "|=",
    "++": "--", "--": "++",
}
MAYBE_UNARY = {"+", "-", "&"}
WORDS = {"true": "false", "false": "true"}

TOKEN = re.compile(r"""
    (?P<space>   \s+ | //[^\n]* | /\*.*?\*/ )
  | (?P<line>    ^[ \t]*\#(?:[^\n]*\\\n)*[^\n]* )   # of the preprocessor
  | (?P<text>    "(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*' )
  | (?P<number>  (?:0[xX][0-9a-fA-F]+|[0-9]+)[uUlL]* )
  | (?P<word>    [A-Za-z_]\w* )
  | (?P<sign>    <<=|>>=|\.\.\.|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||
                 [-+*/%&|^]=|[^\s\w] )
""", re.X | re.S | re.M)

Token = namedtuple("Token", "kind text at")

# file; where in it, bytes; what is there and what shall be; the change's name.
Mutant = namedtuple("Mutant", "path at old new change")

TYPES = re.compile(r"(static|const|struct|enum|union|unsigned|signed|char|int|"
                   r"short|long|bool|void|double|size_t|ssize_t|u?int\d+_t|"
                   r"uintptr_t|va_list|typedef|extern|register|volatile|"
                   r"inline)$")
CONTROL = {"if", "for", "while", "switch"}
NO_STATEMENT = {"return", "goto", "case", "default", "else", "do", "sizeof"}
NO_STATEMENT |= CONTROL


def tokens_of(source):
    """Without white space, comments and the preprocessor's lines."""
    return [Token(found.lastgroup, found.group(), found.start())
            for found in TOKEN.finditer(source)
            if found.lastgroup not in ("space", "line")]


def is_operand(token):
    return token and (token.kind in ("word", "number", "text") and
                      token.text not in ("return", "case") or
                      token.text in (")", "]"))


def changed_number(text):
    """One more, in the same base and with the same suffix; 1 becomes 0."""
    digits, suffix = re.match(r"(0[xX][0-9a-fA-F]+|\d+)(.*)", text).groups()
    value = int(digits, 0) if digits.lower().startswith("0x") else int(digits)
    value = 0 if value == 1 else value + 1
    return (hex(value) if digits[:2] in ("0x", "0X") else str(value)) + suffix


def line_of(source, at):
    start = source.rfind("\n", 0, at) + 1
    return source[start:source.find("\n", at)]


def is_declared_size(source, tokens, i):
    """The N of `type name[N]`: mostly room to spare."""
    first = line_of(source, tokens[i].at).split()[0]
    return (0 < i < len(tokens) - 1 and tokens[i - 1].text == "[" and
            tokens[i + 1].text == "]" and TYPES.match(first) is not None)


# `a < b ? a : b` and `if (a > b) a = b;`: where both are equal it is all the
# same which one is taken.
EITHER = re.compile(r"([\w.>*\[\]-]+) (?:[<>]=?) ([\w.>*\[\]-]+)"
                    r"(?: \? (?:\1 : \2|\2 : \1)\b|\)\s+\1 = \2;)")


def is_either(source, at):
    """Whether the comparison there chooses between equals at its boundary."""
    return any(found.start() < at < found.end()
               for found in EITHER.finditer(source, max(0, at - 80), at + 80))


def of_operators(source, tokens):
    for i, token in enumerate(tokens):
        before = tokens[i - 1] if i else None
        if token.kind == "number":
            if not is_declared_size(source, tokens, i):
                yield token.at, token.text, changed_number(token.text), "number"
        elif token.text in WORDS:
            yield token.at, token.text, WORDS[token.text], "truth"
        elif token.kind == "sign" and token.text in OPERATORS:
            if token.text in ("<", "<=", ">", ">=") and \
                    is_either(source, token.at):
                continue
            if token.text not in MAYBE_UNARY or is_operand(before):
                yield token.at, token.text, OPERATORS[token.text], "operator"


def closing(tokens, i):
    """The index of the bracket that closes the one at i."""
    depth = 0
    for k in range(i, len(tokens)):
        depth += (tokens[k].text in "([{") - (tokens[k].text in ")]}")
        if depth == 0:
            return k
    return len(tokens) - 1


def of_conditions(source, tokens):
    """Never what stands below an `if`."""
    for i, token in enumerate(tokens[:-1]):
        if token.text == "if" and tokens[i + 1].text == "(":
            start, end = tokens[i + 1].at, tokens[closing(tokens, i + 1)].at
            old = source[start:end + 1]
            yield start, old, f"(0 && {old})", "condition"


def statement_end(tokens, i):
    """The index of the semicolon, or None."""
    while i < len(tokens) and tokens[i].text != ";":
        if tokens[i].text in ("(", "[", "{"):
            i = closing(tokens, i)
        elif tokens[i].text in ")]}":
            return None
        i += 1
    return i if i < len(tokens) else None


def is_declaration(tokens, i):
    """`type name`, `type *name`; an expression has something in between."""
    one, two, three = (tokens[i + k].text if i + k < len(tokens) else ""
                       for k in range(3))
    if TYPES.match(one) or not re.match(r"[\w(*+-]", one):
        return True
    return re.match(r"[A-Za-z_]", one) is not None and (
        re.match(r"[A-Za-z_]", two) is not None or
        two == "*" and re.match(r"[A-Za-z_*]", three) is not None)


def starts_of_statements(tokens):
    """After ; { } and labels, and below if, else, for, while. Not in tables:
    what a brace after = or ( or , opens is none of statements. Nor are the
    parts of a for."""
    blocks = []
    for i, token in enumerate(tokens):
        if token.text == "{":
            before = tokens[i - 1].text if i else ""
            blocks.append(before in (")", ";", "{", "}", "else", "do", ":"))
        elif token.text in ("(", "["):
            blocks.append(False)
        elif token.text in (")", "]", "}") and blocks:
            blocks.pop()
        inside = blocks and blocks[-1]
        if inside and token.text in (";", "{", "}", "else", "do", ":"):
            yield i + 1
        if token.text in CONTROL and i + 1 < len(tokens):
            yield closing(tokens, i + 1) + 1


def of_statements(source, tokens):
    """A call, an assignment, a jump left out."""
    seen = set()
    for i in starts_of_statements(tokens):
        if i >= len(tokens) or i in seen:
            continue
        seen.add(i)
        word = tokens[i].text
        end = statement_end(tokens, i)
        jump = word in ("break", "continue") or (
            word == "return" and tokens[i + 1].text == ";")
        if end is None or end == i:
            continue
        if not jump and (word in NO_STATEMENT or is_declaration(tokens, i)):
            continue
        start, stop = tokens[i].at, tokens[end].at
        yield start, source[start:stop], "(void)0", "statement"


def of_tables(source):
    """A row of a table left out: {...}, on a line of its own."""
    for found in re.finditer(r"^[ \t]+((?:\[[\w ]+\]\s*=\s*)?\{[^\n{}]*\},|"
                             r"\[[\w ]+\]\s*=\s*[\w\". ]+,)"
                             r"(?:[ \t]*/\*[^\n]*\*/)?$", source, re.M):
        yield found.start(1), found.group(1), "", "row"


def mutants_of(path, source):
    """All of them, in the order of the file."""
    tokens = tokens_of(source)
    found = [Mutant(path, *change)
             for changes in (of_operators(source, tokens),
                             of_conditions(source, tokens),
                             of_statements(source, tokens), of_tables(source))
             for change in changes]
    return sorted(found, key=lambda mutant: (mutant.at, mutant.change,
                                             mutant.new))


def apply(mutant, source):
    return (source[:mutant.at] + mutant.new +
            source[mutant.at + len(mutant.old):])


def lines_of(mutant, source):
    """The number and text of its line, before and after, one line each."""
    start = source.rfind("\n", 0, mutant.at) + 1
    end = source.find("\n", mutant.at + len(mutant.old))
    old = source[start:end]
    new = (source[start:mutant.at] + mutant.new +
           source[mutant.at + len(mutant.old):end])
    number = source.count("\n", 0, mutant.at) + 1
    return number, " ".join(old.split()), " ".join(new.split())
