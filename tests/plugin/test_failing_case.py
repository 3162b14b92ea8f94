"""What the author of a failing case reads."""

from __future__ import annotations

from projects import Project, case


def test_conversation_replies_and_each_expectation(project: Project) -> None:
    project.suite(
        case(
            "hm",
            "Why?",
            extra="""
                trials: 2
                pass_rate: 0.5
                never: [rum]
                expect:
                  - contains: because
                  - words: {min: 3, max: 9}
            """,
        )
    )
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*hm[[]base[]]*",
            "0 of 2 trials passed, 1 of 2 must (in_character)",
            "trials 1 and 2, word for word the same: failed",
            "  user: Why?",
            "  Bo: Hm.",
            "    FAIL contains: does not contain “because” [[]value 0, limit 1[]]",
            "    FAIL words: 1 word, fewer than 3 [[]value 1, limit 3[]]",
            "    ok   *never*",
        ]
    )
    result.stdout.no_fnmatch_line("    ok   *:*")
    project.run("-v").stdout.fnmatch_lines(["    ok   never*: *"])


def test_no_traceback_and_no_plugin_code(project: Project) -> None:
    project.suite(case("hm", "Why?"))
    for style in ("auto", "long", "native"):
        result = project.run(f"--tb={style}")
        result.stdout.no_fnmatch_line("*CaseFailed*")
        result.stdout.no_fnmatch_line("*persona_session*")


def test_the_place_of_a_case_is_its_line_in_the_suite(project: Project) -> None:
    project.suite(case("tea"), case("hm", "Why?"))
    result = project.run("-rf", "--tb=line")
    result.stdout.fnmatch_lines(["FAILED a.suite.yaml::hm[[]base[]] - 0 of 1 trials passed*"])


def test_what_a_model_says_cannot_drive_the_terminal(project: Project) -> None:
    project.answers({}, "\x1b[2J\x1b]0;owned\x07Hm.\nuser: hi\r\u202eevil")
    project.suite(case("hm", "Why?"))
    text = project.run().stdout.str()
    assert "\x1b[2J" not in text
    assert "\x07" not in text
    assert "\u202e" not in text
    assert "\\u001b[2J" in text
    assert "Hm. ⏎ user: hi ⏎ \\u202eevil" in text


def test_a_control_says_that_it_is_one(project: Project) -> None:
    project.suite(case("hm", "Why?", extra="category: boundary\ncontrol: true"))
    project.run().stdout.fnmatch_lines(["0 of 1 trials passed, all must (boundary, control)"])
