"""Chapters are parsed into sections and blocks, and mistakes in them are errors with a line."""

from __future__ import annotations

import pytest

from moue.learn.blocks import Do, Excerpt, Exercise, Figure, Prose
from moue.learn.parse import parse

FRONT = '+++\ntitle = "T"\nquestion = "Q?"\nminutes = 3\n+++\n'
ALL = """
## The question {#question}

Text.

```sh
## no heading, and
::: no directive
```

::: figure cascade stage=3 label="two words"
A *caption*.
:::

::: heart
The core.
:::

## Do it now {#do}

::: do folder=photos
Try it:

```sh
moue doctor
```

```text
moue {…}
```
:::

::: exercise
Why?
::: answer
Because.
:::

::: source training/loop.py:Loop.run from="a b" to=c
:::
"""


def test_all_directives_are_parsed():
    chapter = parse(FRONT + ALL, "09-loss", "en")
    first, second = chapter.sections
    assert (first.id, first.title, second.id) == ("question", "The question", "do")
    text, figure, heart = first.blocks
    assert isinstance(text, Prose)
    assert "::: no directive" in text.text
    assert figure == Figure("cascade", {"stage": "3", "label": "two words"}, "A *caption*.")
    assert heart == Prose("The core.", heart=True)
    assert second.blocks == (
        Do("Try it:", "sh", "moue doctor", "moue {…}", {"folder": "photos"}),
        Exercise("Why?", "Because."),
        Excerpt("training/loop.py", "Loop.run", "a b", "c"),
    )
    assert (chapter.number, chapter.slug, chapter.minutes) == (9, "loss", 3)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Text first\n## A {#a}\n", "text before the first heading"),
        ("## No identifier\n", "line 6: write a heading"),
        ("## A {#a}\n\n::: figure a\n", "line 8: `::: figure a` is not closed"),
        ("## A {#a}\n:::\n", "closes nothing"),
        ("## A {#a}\n::: figure\n:::\n", "wrong number of words"),
        ("## A {#a}\n::: picture a\n:::\n", "unknown directive"),
        ("## A {#a}\n::: exercise\nWhy?\n:::\n", "needs one line `::: answer`"),
        ("## A {#a}\n::: do\n```sh\nls\n```\n:::\n", "write one `sh`"),
        ("## A {#a}\n::: source a.py\n:::\n", "path:symbol"),
    ],
)
def test_a_mistake_in_a_chapter_is_an_error_with_its_line(text, message):
    with pytest.raises(ValueError, match=message) as error:
        parse(FRONT + text, "09-loss", "zh")
    assert "zh/09-loss" in str(error.value)


def test_unknown_fields_and_a_missing_front_matter_are_errors():
    with pytest.raises(ValueError, match="unknown fields colour"):
        parse("+++\ncolour = 1\n+++\n", "09-loss", "en")
    with pytest.raises(ValueError, match="does not start with"):
        parse("# Loss\n", "09-loss", "en")
