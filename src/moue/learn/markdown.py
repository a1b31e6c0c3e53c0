"""Render the Markdown of chapters to HTML."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name

from moue.learn.glossary import Glossary

NUMBER = re.compile(r"\{\{([\w.-]+)(?::([^{}]*))?\}\}")
"""A number from data: `{{cascade.left.0}}` or `{{cascade.share:.1%}}`."""
_ID = re.compile(r"\s*\{#([a-z][a-z0-9-]*)\}$")
_LANGUAGES = {"sh": "bash", "python": "python", "json": "json", "toml": "toml", "html": "html"}
_WORD = re.compile(r"(?<!\S)(?=\S{2,28}(?!\S))[^\s<>]*-[^\s<>]*(?!\S)")
"""A word of code that a browser would break at a hyphen."""
_UNIT = re.compile(r"(?<=\d) (?=(?:%|px|s|ms|min|h|bits?|bytes|KB|MB|GB|°|×)(?![\w]))")
"""The space between a number and its unit, where a line does not break."""
_SCHEMES = ("chapter", "term", "docs")


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses in the place where a chapter is shown.

    Attributes:
        chapter: function from the name of a chapter, such as `09-loss`, to its address.
        docs: function from a page of the documentation, such as `guides/train.md`, to its address;
            None as its result for a page that cannot be opened there.
        glossary: address of the glossary, to which the anchor of a term is appended.
        resolve: function from a word, such as `loss`, to the name of a chapter.
    """

    chapter: Callable[[str], str]
    docs: Callable[[str], str | None]
    glossary: str
    resolve: Callable[[str], str]


@dataclass
class Renderer:
    """Renders the Markdown texts of one chapter; each glossary term is linked once.

    Attributes:
        links: addresses of links.
        glossary: terms that are linked where they first occur.
        number: function from the name and the format of a number to its text.
        language: language of the chapter.
        is_own: True if the figures show what the reader has, which `moue learn` does.
    """

    links: Links
    glossary: Glossary
    number: Callable[[str, str], str]
    language: str = "en"
    is_own: bool = False
    _linked: set[str] = field(default_factory=set)
    _headings: int = 0

    def render(self, text: str, terms: bool = True) -> str:
        """Return the HTML of a Markdown text.

        Args:
            text: Markdown without directives.
            terms: True to link terms of the glossary.
        """
        parser = _parser()
        environment: dict[str, Any] = {}
        tokens = parser.parse(text, environment)
        self._prepare(tokens, terms)
        return str(parser.renderer.render(tokens, parser.options, environment))

    def inline(self, text: str) -> str:
        """Return the HTML of one line of Markdown, without a paragraph around it."""
        parser = _parser()
        environment: dict[str, Any] = {}
        tokens = parser.parseInline(text, environment)
        self._prepare(tokens, terms=False)
        return str(parser.renderer.render(tokens, parser.options, environment))

    def _prepare(self, tokens: Sequence[Token], terms: bool) -> None:
        for index, token in enumerate(tokens):
            inside_heading = index > 0 and tokens[index - 1].type == "heading_open"
            if inside_heading:
                self._name_heading(tokens[index - 1], token)
            if token.type == "inline":
                token.children = list(
                    self._inline(token.children or [], terms and not inside_heading)
                )

    def _name_heading(self, heading: Token, inline: Token) -> None:
        last = (inline.children or [Token("text", "", 0)])[-1]
        match = _ID.search(last.content)
        self._headings += 1
        if match:
            last.content = last.content[: match.start()]
        heading.attrSet("id", match[1] if match else f"part-{self._headings}")

    def _inline(self, children: Sequence[Token], terms: bool) -> list[Token]:
        found: list[Token] = []
        depth = 0
        for token in children:
            if token.type == "link_open":
                depth += 1
                self._resolve(token)
            elif token.type == "link_close":
                depth -= 1
            if token.type == "text":
                found += self._text(token.content, terms and not depth)
            else:
                found.append(token)
        return found

    def _resolve(self, token: Token) -> None:
        address = str(token.attrGet("href"))
        scheme, _, rest = address.partition(":")
        if scheme not in _SCHEMES:
            return
        name, hash_, anchor = rest.partition("#")
        target: str | None
        if scheme == "chapter":
            target = self.links.chapter(self.links.resolve(name)) + hash_ + anchor
        elif scheme == "term":
            target = self.links.glossary + "#" + self.glossary.anchor(name.replace("%20", " "))
            token.attrSet("class", "term")
        else:
            page = self.links.docs(name)
            target = page + hash_ + anchor if page is not None else None
        if target is None:
            token.attrs = {}
        else:
            token.attrSet("href", target)

    def _text(self, text: str, terms: bool) -> list[Token]:
        """Return tokens of a text, with its numbers filled in and its terms linked."""
        tokens: list[Token] = []
        done = 0
        for match in NUMBER.finditer(text):
            tokens += self._terms(text[done : match.start()], terms)
            value = self.number(match[1], match[2] or "")
            tokens.append(_html(f'<span data-number="{match[1]}">{escape(value)}</span>'))
            done = match.end()
        return tokens + self._terms(text[done:], terms)

    def _terms(self, text: str, terms: bool) -> list[Token]:
        tokens: list[Token] = []
        done = 0
        for start, end, term in self.glossary.find(text) if terms else ():
            if term.anchor in self._linked:
                continue
            self._linked.add(term.anchor)
            word = escape(text[start:end])
            title = escape(term.meaning, quote=True)
            address = f"{self.links.glossary}#{term.anchor}"
            tokens += [
                _plain(text[done:start]),
                _html(f'<a class="term" href="{address}" title="{title}">{word}</a>'),
            ]
            done = end
        return [*tokens, _plain(text[done:])]


def _plain(text: str) -> Token:
    return Token("text", "", 0, content=_UNIT.sub("\u00a0", text))


def _whole(match: re.Match[str]) -> str:
    return f'<span class="whole">{match[0]}</span>'


def _html(text: str) -> Token:
    return Token("html_inline", "", 0, content=text)


def code(text: str, language: str) -> str:
    """Return the HTML of highlighted code; the colours are in `static/course.css`."""
    if language not in _LANGUAGES:
        return f'<pre tabindex="0"><code>{escape(text)}</code></pre>'
    lexer = get_lexer_by_name(_LANGUAGES[language])
    inner = highlight(text, lexer, HtmlFormatter(nowrap=True, classprefix="hl-")).rstrip("\n")
    return f'<pre tabindex="0"><code class="language-{language}">{inner}</code></pre>'


class _HTML(RendererHTML):
    def code_inline(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        """Return the HTML of code in a text; short words such as `--lang` have no line break."""
        return f"<code>{_WORD.sub(_whole, escape(tokens[idx].content))}</code>"

    def fence(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        """Return the HTML of fenced code."""
        token = tokens[idx]
        return code(token.content.rstrip("\n"), token.info.strip()) + "\n"

    def table_open(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        """Return the start of a table, which scrolls when it is wider than the page."""
        return '<div class="table" tabindex="0"><table>'

    def table_close(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        """Return the end of a table."""
        return "</table></div>\n"


def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}, renderer_cls=_HTML).enable("table")
