"""The English words of the program: `clerkdesk/locale/en/LC_MESSAGES/clerkdesk.po`, whose keys are the Vietnamese ones.

tools/catalogue.py            take new words in, drop those that are gone; translations are kept
tools/catalogue.py --check    name what is missing, and Vietnamese left outside _() and N_(); exit code 1 if any
tools/catalogue.py --compile  make the .mo beside the .po
"""

from __future__ import annotations

import argparse
import ast
import io
import re
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

SOURCES = Path(__file__).parents[1] / "clerkdesk"
WORDS = SOURCES / "locale" / "en" / "LC_MESSAGES" / "clerkdesk.po"
MARKERS = ("_", "N_")

# No dates and no line numbers: the file changes only when the words do.
HEADER = """\
# English words of ClerkDesk. The keys are the Vietnamese words of the program; tools/catalogue.py takes in new ones.
msgid ""
msgstr ""
"Language: en\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""

# Where Vietnamese stands outside _() and N_(): the modules, which texts (a pattern for the whole text), and why.
ALLOWED: tuple[tuple[str, str, str], ...] = (
    (r"services/(printing|sample)/.*", ".*", "papers and sample documents are Vietnamese in every language"),
    (r"services/document_types\.py", ".*", "names and abbreviations of document types are law (NĐ 30/2020 PL III)"),
    (r"services/registers\.py", "(Sổ|quy phạm).*|QĐ", "titles of registers are law (NĐ 30/2020 PL IV)"),
    (r"services/numbering\.py", "Nhập lại từ giấy|Chờ gửi lại", "holders that are written into the register"),
    (r"(services/numbering|server/terms)\.py", "Số đã cấp trước khi .*", "a reason that is written into the register"),
    (r"services/upkeep\.py", "Hết hạn giữ số.*", "a reason that is written into the register"),
    (r"services/secrecy\.py", ".*", "secrecy marks as they stand on documents"),
    (r"services/settings\.py", "Đơn .*", "kinds of petitions, found by name in Vietnamese documents"),
    (r".*", "Tiếng Việt", "language of a document, stored with it"),
    (r"services/agency_setup\.py", "Văn thư( 1)?", "position and desk of the first person, stored and printed"),
    (r"services/lists\.py", "Ủy ban nhân dân|Hội đồng nhân dân|HĐND|Văn phòng", "parts of agencies' names"),
    (r"services/signing/(development_ca|keys)\.py", "THỬ NGHIỆM.*", "stands in the certificate"),
    (r"services/signing/layout\.py", ".*(Số|ngày|tháng|năm).*", "patterns of the printed page"),
    (r"services/(reference_code|folding)\.py", ".*", "patterns of letters"),
    (r"screens/(telex|syllables)\.py", ".*", "how Vietnamese is typed and spelt"),
    (r"screens/registers\.py", "đ", "first letter of a typed answer"),
)


def words_of(folder: Path) -> dict[str, str]:
    """Return every text inside _() or N_(), each with the first module that says it.

    Read from the syntax tree: Babel's own extractor overlooks what stands inside an f-string before Python 3.12.
    """
    found: dict[str, str] = {}
    for path in sorted(folder.rglob("*.py")):
        for call in _marked(ast.parse(path.read_text("utf-8"))):
            for text in call.args[:1]:
                if isinstance(text, ast.Constant) and isinstance(text.value, str) and text.value:
                    found.setdefault(text.value, path.relative_to(folder).as_posix())
    return found


def read(path: Path) -> Catalog:
    """Return the catalogue, empty when there is no file yet."""
    if not path.exists():
        return Catalog(locale="en")
    with path.open("rb") as file:
        return read_po(file, locale="en", abort_invalid=True)


def update(path: Path, wanted: dict[str, str]) -> None:
    """Write the catalogue with exactly the wanted words, each with the translation that it had."""
    old = read(path)
    new = Catalog(locale="en")
    kept: Message | None
    for text in wanted:
        kept = old.get(text)
        if kept is None:
            new.add(text)
        else:
            new.add(text, kept.string, flags=kept.flags & {"fuzzy"}, user_comments=kept.user_comments)
    written = io.BytesIO()
    write_po(written, new, width=118, no_location=True, omit_header=True, sort_output=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    body = written.getvalue().decode().replace("#, python-brace-format\n", "").replace("#, python-format\n", "")
    path.write_text(HEADER + body.strip("\n") + "\n", "utf-8")


def compile_words(path: Path) -> None:
    """Write the .mo at once or not at all."""
    compiled = path.with_suffix(".mo")
    half = compiled.with_suffix(".half")
    with half.open("wb") as file:
        write_mo(file, read(path))
    half.replace(compiled)


def faults_of(catalogue: Catalog, wanted: dict[str, str]) -> Iterator[str]:
    """Yield a line for each word that is missing, empty, fuzzy, unlike its Vietnamese, or no longer said."""
    there = {str(message.id): message for message in catalogue if message.id}
    for text, module in wanted.items():
        message = there.get(text)
        if message is None or not message.string:
            yield f"not translated ({module}): {text!r}"
        else:
            for fault in _faults_in(message):
                yield f"{fault} ({module}): {text!r} – {message.string!r}"
    for gone in sorted({*there, *map(str, catalogue.obsolete)} - wanted.keys()):
        yield f"no longer said: {gone!r}"


def _faults_in(message: Message) -> Iterator[str]:
    source, words = str(message.id), str(message.string)
    if message.fuzzy:
        yield "fuzzy"
    if places(source) != places(words):
        yield "other {places}"
    if _margins(source) != _margins(words):
        yield "other spaces at the ends"
    if _column(source) not in (None, _column(words)):
        yield "column moved"


def places(text: str) -> list[tuple[str, str | None, str | None]] | None:
    """Return the {places} of a text in a fixed order, with their formats; None when the braces are wrong."""
    try:
        found = [(name, form, how) for _text, name, form, how in Formatter().parse(text) if name is not None]
    except ValueError:
        return None
    return sorted(found, key=str)


def _margins(text: str) -> tuple[str, str]:
    return text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]


def _column(text: str) -> int | None:
    """Return where a right-aligned number stands, for lines that make a table."""
    found = re.search(r" \{\w+:>\d+\}", text)
    return found.start() if found else None


def left_outside(folder: Path) -> Iterator[str]:
    """Yield a line for each Vietnamese text of screens and services that is neither marked nor allowed."""
    used = set()
    for path in (*sorted((folder / "screens").rglob("*.py")), *sorted((folder / "services").rglob("*.py"))):
        module = path.relative_to(folder).as_posix()
        for line, text in unmarked(path.read_text("utf-8")):
            if not is_vietnamese(text):
                continue
            rule = next((one for one in ALLOWED if _allows(one, module, text)), None)
            if rule is None:
                yield f"outside _() ({module}:{line}): {text!r}"
            used.add(rule)
        for line in put_together(path.read_text("utf-8")):
            yield f"put together inside _() ({module}:{line}): fill in places afterwards, with format()"
    for rule in ALLOWED:
        if rule not in used:
            yield f"allowed for nothing: {rule[0]} {rule[1]}"


def _allows(rule: tuple[str, str, str], module: str, text: str) -> bool:
    return bool(re.fullmatch(rule[0], module) and re.fullmatch(rule[1], text.strip(), re.DOTALL))


def unmarked(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and text of each string constant that is no docstring and not inside _() or N_()."""
    tree = ast.parse(source)
    skipped: set[ast.AST] = {inner for call in _marked(tree) for inner in ast.walk(call)}
    skipped |= {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in skipped:
            yield node.lineno, node.value


def put_together(source: str) -> Iterator[int]:
    """Yield the line of each _() or N_() around an f-string or a sum of strings, which no catalogue can hold."""
    for call in _marked(ast.parse(source)):
        if any(isinstance(one, ast.JoinedStr | ast.BinOp) for one in call.args):
            yield call.lineno


def _marked(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKERS:
            yield node


def is_vietnamese(text: str) -> bool:
    """Say whether a text has letters that only Vietnamese has: đ, horn, breve, hook, tilde, dot below and the like."""
    return bool(re.search("[đĐ\u0300-\u0303\u0306\u0309\u031b\u0323]", unicodedata.normalize("NFD", text)))


def main() -> int:
    """Do what the command line asks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--check", action="store_true", help="name what is missing")
    what.add_argument("--compile", action="store_true", help="make the .mo")
    chosen = parser.parse_args()
    if chosen.compile:
        compile_words(WORDS)
        return 0
    wanted = words_of(SOURCES)
    if not chosen.check:
        update(WORDS, wanted)
    faults = [*faults_of(read(WORDS), wanted), *left_outside(SOURCES)]
    for fault in faults:
        print(fault)
    print(f"{len(wanted)} words, {len(faults)} faults", file=sys.stderr)
    return 1 if faults and chosen.check else 0


if __name__ == "__main__":
    sys.exit(main())
