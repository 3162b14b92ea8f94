"""What the data lack for failing cases: topics, categories, conversations; in numbers."""

from __future__ import annotations

from gaps_data import TOOLS, looked, suite, talk, tried
from lint_data import ADMITS, ASKED, CARD, CHAT, clean, stories, suites

from persona_eval.gaps.find import Gaps, Group, find_gaps
from persona_eval.gaps.tried import Looked, Tried
from persona_eval.lint.limits import Limits
from persona_eval.training.corpus import Conversation

FAR = "Which comet did Halley name?"
NEAR = "Who painted the Night Watch in Amsterdam?"


def passing(count: int = 8, nearness: int = 1) -> list[Tried]:
    """Cases whose prompts the data hold nearly word for word."""
    return [
        tried(f"p{n}", f"{ASKED[n]} Quick!", passed=True, replies=("Dunno.",)) for n in range(count)
    ]


def gaps_of(
    cases: Looked, data: list[Conversation] | None = None, least: int = 0, most: float = 0.0
) -> Gaps:
    """Unless told otherwise no category is wanted as a whole."""
    own = suite(*(each.case for each in cases.cases))
    limits = Limits(least=least, most_wanted=most)
    return find_gaps(cases, data or clean(), CARD, [own], TOOLS, limits)


def only(gaps: Gaps) -> Group:
    (group,) = gaps.groups
    return group


def test_a_case_with_nothing_near_is_told_from_one_with_enough():
    data = [*clean(), *(talk(f"{NEAR} {n}", ADMITS[n], line=200 + n) for n in range(3))]
    group = only(gaps_of(looked(*passing(7), tried("far", FAR), tried("near", NEAR)), data))
    assert [(f.tried.case.id, f.kind) for f in group.failures] == [
        ("far", "absent"), ("near", "there"),
    ]  # fmt: skip
    assert [failure.missing for failure in group.failures] == [3, 0]
    assert group.failures[1].nearest[0].said.source.line >= 200


def test_near_examples_that_show_another_behaviour_are_no_practice():
    data = [*clean(), talk(NEAR, "Rembrandt did, in 1642, with a big brush.", line=200)]
    (failure,) = only(gaps_of(looked(tried("near", NEAR)), data)).failures
    assert failure.kind == "thin"
    assert failure.nearest[0].cosine > 0.9
    assert failure.right < failure.reach.aim


def test_what_topics_lack_is_added_in_the_lengths_of_the_good_examples():
    case = tried("far", FAR, good=("I dunno that one, sorry.", " ".join(["well"] * 30)))
    group = only(gaps_of(looked(case)))
    assert [(w.count, w.words, w.category) for w in group.wanted] == [
        (2, "under 20", "dont_know"), (1, "20 to 100", "dont_know"),
    ]  # fmt: skip
    assert group.add == 3
    assert group.thin == 0


def test_a_category_that_is_thin_as_a_whole_lacks_more_than_its_topics():
    data = [talk(CHAT[n % len(CHAT)], story, line=n) for n, story in enumerate(stories())]
    group = only(gaps_of(looked(tried("far", FAR)), data, least=10))
    assert group.thin == 10
    assert group.add == 10


def test_groups_with_most_to_add_come_first():
    cases = (
        tried("mood", "I lost a mitten behind the comet.", category="in_character"),
        tried("one", FAR),
        tried("two", "Which volcano did Pliny describe?"),
    )
    groups = gaps_of(looked(*cases)).groups
    assert [(group.title, group.cases) for group in groups] == [
        ("dont_know", 2),
        ("in_character", 1),
    ]
    assert groups[0].add == 6


def test_controls_are_a_group_of_their_own_but_not_those_of_just_talk():
    cases = (
        tried("c", FAR, control=True),
        tried("t", FAR, category="in_character", control=True),
    )
    found = {group.title for group in gaps_of(looked(*cases)).groups}
    assert found == {"dont_know control", "in_character"}


def test_conversations_are_wanted_by_half_their_share_of_the_cases():
    cases = looked(tried("long", "Hello!", FAR), tried("short", FAR))
    (turns,) = gaps_of(cases, most=0.1).turns
    assert (turns.turns, turns.cases, turns.found, turns.conversations) == (2, 1, 0, 146)
    assert (turns.wanted, turns.add) == (15, 15)
    many = [*clean(), *(talk("Hm?", f"Hm {n}.", "And?", f"And {n}.") for n in range(20))]
    (turns,) = gaps_of(cases, many, most=0.1).turns
    assert (turns.found, turns.add) == (20, 0)


def test_whether_passing_cases_are_nearer():
    far = [tried(f"far-{n}", f"{FAR} {n}") for n in range(5)]
    assert gaps_of(looked(*passing(5), *far)).nearer == 1.0
    assert gaps_of(looked(*passing(4), *far)).nearer is None


def test_all_suites_of_the_character_say_what_the_data_should_hold():
    cases = looked(tried("far", FAR))
    found = find_gaps(cases, clean(), CARD, suites(), TOOLS)
    assert only(found).coverage.cases == 1
    assert found.replies == len(clean())


def test_a_rare_length_is_added_to_and_counts_as_topical():
    group = only(gaps_of(looked(tried("far", FAR, band=(60, 90)))))
    (rare,) = group.lengths.rare
    assert (rare.cases, rare.found) == (("far",), 0)
    assert [(w.count, w.words) for w in rare.wanted] == [(2, "20 to 100")]
    assert [(w.count, w.words) for w in group.wanted] == [(3, "20 to 100")]
