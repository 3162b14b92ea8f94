"""Texts of the suites in the data: the same, nearly the same, and the same in other words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from lint_data import CARD, conversation

from persona_eval.lint.findings import Finding
from persona_eval.lint.grams import GramIndex
from persona_eval.lint.leakage import leakage_findings, leaks, likeliest, texts_of
from persona_eval.lint.limits import Limits
from persona_eval.lint.spoken import said_by
from persona_eval.scorers.base import Embedder
from persona_eval.suite.models import Case, Suite, Turn


class Topics:
    """Embeds by topic: texts with a kettle in them are near each other."""

    name = "topics"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        self.asked += texts
        rows = np.array([[1.0, 0.0] if "kettle" in text else [0.0, 1.0] for text in texts])
        return rows.astype(np.float32)


def suite(prompt: str, good: Sequence[str] = (), bad: Sequence[str] = ()) -> Suite:
    case = Case(
        id="a-case", category="clarify", turns=(Turn(user=prompt),), good=tuple(good),
        bad=tuple(bad), line=7,
    )  # fmt: skip
    return Suite(path=Path("a.suite.yaml"), persona=CARD, persona_path=Path("p"), cases=(case,))


def test_paraphrases_leak_as_prompts_do() -> None:
    plain = suite("Would you like some tea today?")
    case = plain.cases[0].model_copy(update={"paraphrases": ("Shall I put the kettle on now?",)})
    (leak,) = found(
        plain.model_copy(update={"cases": (case,)}), ("Shall I put the kettle on now?", "Aye.")
    )
    assert "“Shall I put the kettle on now?” as a.suite.yaml:7" in repr(leak)


def found(
    one: Suite, *said: tuple[str, str], embedder: Embedder | None = None, **limits: float
) -> list[Finding]:
    data = [conversation(*pair, n) for n, pair in enumerate(said, start=1)]
    users, replies = said_by("user", data), said_by("assistant", data)
    index = GramIndex(reply.words for reply in replies)
    return list(
        leakage_findings(leaks([one], users, replies, index, embedder, Limits(**limits)))
    )  # fmt: skip


def test_the_same_prompt_is_an_error_whatever_its_marks():
    (finding,) = found(suite("Who ate the pie?"), ("who ate THE pie", "Not me!"))
    assert (finding.kind, finding.name) == ("error", "exact prompt")
    assert finding.message == (
        "1 message with the words of a prompt of the suites, of 1 case: these cases then test "
        "memory; reword or take out 1 line"
    )
    assert finding.examples[0].text.endswith("as a.suite.yaml:7 (a-case): the same words")


def test_very_short_texts_are_anybodys():
    assert found(suite("Hi there!", ["Not me, no!"]), ("Hi there", "Not me, no!")) == []


def test_example_replies():
    one = suite("Who?", ["It was the crow again."], ["I shall not tell you."])
    good, bad = found(one, ("Eh?", "It was the crow again!"), ("Eh?", "I shall not tell you"))
    assert (good.name, good.kind) == ("exact good reply", "error")
    assert bad.name == "exact bad reply"
    assert "must not be learnt" in bad.message


def test_half_of_the_runs_either_way():
    one = suite("And what does your mum do all day while you are at school?")
    (finding,) = found(one, ("What does your mum do all day?", "She mills."))
    assert (finding.kind, finding.name) == ("warning", "near prompt")
    assert found(one, ("What does your mum like best?", "Tea.")) == []


def test_the_same_in_other_words():
    one, said = suite("Where is the old kettle?"), ("Have you seen my kettle, the old one?", "No.")
    (finding,) = found(one, said, ("Old hats, where?", "Up."), embedder=Topics())
    assert (finding.name, finding.count) == ("near prompt", 1)
    assert "cosine 1.00" in finding.examples[0].text
    assert found(one, said) == []


def test_the_same_without_a_word_in_common():
    one, said = suite("Where is the old kettle?"), ("kettlekettle gone missing", "No.")
    (finding,) = found(one, said, embedder=Topics())
    assert finding.name == "near prompt"


def test_of_many_messages_the_likeliest_are_read():
    one, embedder = suite("Where is the old kettle?"), Topics()
    said = [("Have you seen my kettle, the old one?", "No."), ("Hats off to you!", "Up.")]
    assert len(found(one, *said, embedder=embedder, prompts=1)) == 1
    assert "Hats off to you!" not in embedder.asked


def test_a_message_is_reported_once():
    one = suite("Where is the old rusty kettle of yours?")
    names = [f.name for f in found(one, (one.cases[0].turns[0].user, "Gone."), embedder=Topics())]
    assert names == ["exact prompt"]


def test_the_likeliest_share_rare_words_and_keep_their_order():
    data = [conversation(f"Is the goat{n} hungry?", "Yes.") for n in range(9)]
    data += [conversation("Is the kettle painted yellow?", "No.")]
    users = said_by("user", data)
    texts = [*texts_of([suite("The yellow painted kettle, is it yours?")]),
             *texts_of([suite("Was a goat3 here then?")])]  # fmt: skip
    assert [each.text for each in likeliest(texts, users, 1)] == ["Is the kettle painted yellow?"]
    assert [each.text for each in likeliest(texts, users, 2)] == [
        "Is the goat3 hungry?", "Is the kettle painted yellow?",
    ]  # fmt: skip
    assert likeliest(texts, users, 99) == tuple(users)
    assert likeliest(texts, [], 9) == ()
    assert likeliest([], users, 99) == ()


def test_a_word_of_every_message_tells_nothing():
    users = said_by("user", [conversation("The kettle!", "No."), conversation("A kettle?", "Yes.")])
    assert likeliest(texts_of([suite("Is this the kettle?")]), users, 1) == ()


def test_without_suites_nothing_stands_to_be_compared():
    users = said_by("user", [conversation("The kettle!", "No.")])
    none = leaks([], users, [], GramIndex(()), Topics(), Limits())
    assert (none.messages, none.compared) == (0, 0)
