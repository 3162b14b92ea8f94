"""Cases of several turns, generated and scripted."""

from __future__ import annotations

from projects import HEAD, Project, case

ECHOES = """
    @pytest.fixture(scope="session")
    def persona_model():
        def answer(request):
            return " | ".join(f"{m.role}: {m.content}" for m in request.messages)
        return ScriptedModel(answer)
"""


def said(project: Project) -> list[str]:
    """The conversation of a failing case."""
    lines = project.run().outlines
    return [line.strip() for line in lines if line.startswith(("  user:", "  Bo:"))]


def test_a_scripted_reply_is_used_and_not_generated(project: Project) -> None:
    project.conftest(ECHOES)
    turns = "turns: [{user: Hi, assistant: Ho}, {user: Bye}]"
    project.suite(case("two", extra=turns, says="nothing"))
    assert said(project) == [
        "user: Hi",
        "Bo: Ho",
        "user: Bye",
        "Bo: user: Hi | assistant: Ho | user: Bye",
    ]


def test_a_generated_reply_becomes_part_of_the_conversation(project: Project) -> None:
    project.conftest(ECHOES)
    project.suite(case("two", extra="turns: [{user: Hi}, {user: Bye}]", says="nothing"))
    assert said(project)[1::2] == [
        "Bo: user: Hi",
        "Bo: user: Hi | assistant: user: Hi | user: Bye",
    ]


def test_the_system_prompt_is_sent_and_not_shown(project: Project) -> None:
    project.conftest(ECHOES)
    project.write("persona.yaml", "name: Bo\nsystem_prompt: You are Bo.\n")
    project.suite(case("one", "Hi", says="nothing"))
    assert said(project) == ["user: Hi", "Bo: system: You are Bo. | user: Hi"]


def test_each_turn_is_judged_by_its_own_expectations(project: Project) -> None:
    project.answers({"Hi": "Hello!", "Bye": "Farewell!"})
    project.suite(
        case(
            "two",
            extra="""
                turns:
                  - {user: Hi, expect: [contains: hello]}
                  - {user: Bye}
                expect: [contains: farewell, not: {contains: hello}]
            """,
        )
    )
    project.run().assert_outcomes(passed=1)


def test_turns_of_many_trials_do_not_get_mixed_up(project: Project) -> None:
    project.conftest("""
        @pytest.fixture(scope="session")
        def persona_model():
            return ScriptedModel(lambda r: " ".join([m.content for m in r.messages] + [r.key]))
    """)
    turns = "turns: [{user: Hi}, {user: Bye}]\ntrials: 4"
    expected = "expect: [matches: '^Hi Hi (\\S+)/(\\d)/0/0 Bye \\1/\\2/1/0$']"
    project.suite(*(case(f"case-{n}", extra=f"{turns}\n{expected}") for n in range(3)), head=HEAD)
    project.run().assert_outcomes(passed=3)
