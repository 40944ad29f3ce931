"""The pages of the documentation, and the commands and code blocks in them."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
README = ROOT / "README.md"
CHANGELOG = ROOT / "CHANGELOG.md"
# Path -> text.
PAGES = {
    path: path.read_text(encoding="utf-8")
    for path in (
        README,
        ROOT / "CONTRIBUTING.md",
        CHANGELOG,
        *sorted(DOCS.rglob("*.md")),
    )
}


def blocks(text: str, language: str) -> list[str]:
    """Returns the code blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def block(page: str, language: str, marker: str = "") -> str:
    """Returns the only code block of a language on a page that contains `marker`."""
    candidates = blocks((ROOT / page).read_text(encoding="utf-8"), language)
    (found,) = (candidate for candidate in candidates if marker in candidate)
    return found


def commands(text: str) -> list[str]:
    """Returns the lines of the shell blocks, joined where they continue."""
    lines = "\n".join(blocks(text, "sh")).replace("\\\n", " ").splitlines()
    lines = (re.sub(r"(^|\s)#.*", "", line).strip() for line in lines)
    return [line for line in lines if line]


def python_commands(text: str) -> list[tuple[str, set[str]]]:
    """Returns (module, flags) of every command, in a block or quoted in the text.

    `smoothing-tf COMMAND` runs the module smoothing_tf.COMMAND.
    """
    quoted = re.findall(r"`((?:python -m|smoothing-tf) [^`\n]+)`", text)
    found = []
    for command in [*commands(text), *quoted]:
        command = re.sub(r"^smoothing-tf (?=[a-z])", "python -m smoothing_tf.", command)
        match = re.match(r"python -m (\S+)(.*)", command)
        if match:
            found.append((match[1], flags(match[2])))
    return found


def flags(text: str) -> set[str]:
    """Returns the names of the flags in a text, without dashes."""
    return set(re.findall(r"(?<![\w-])--([a-z]\w*)", text))


def anchors(text: str) -> set[str]:
    """Returns the anchors of the headings."""
    text = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    return {
        re.sub(r"[^\w -]", "", title).strip().lower().replace(" ", "-")
        for title in re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    }
