"""A test run that looked away is refused."""

from scripts.test_report import node_problems, python_problems

PASSED = '<testsuites><testsuite><testcase classname="tests.test_a" name="test_one"/></testsuite></testsuites>'
SKIPPED = PASSED.replace('name="test_one"/>', 'name="test_one"><skipped message="no browser"/></testcase>')


def test_a_clean_run_is_accepted() -> None:
    assert list(python_problems(PASSED, frozenset())) == []
    assert list(node_problems("ok 1 - merges\n# pass 1\n", frozenset())) == []


def test_a_skip_is_refused_unless_it_is_allowed_by_name() -> None:
    assert list(python_problems(SKIPPED, frozenset())) == ["skipped: tests.test_a::test_one: no browser"]
    assert list(python_problems(SKIPPED, frozenset({"tests.test_a::test_one"}))) == []


def test_a_node_skip_is_refused() -> None:
    tap = "ok 1 - merges # SKIP later\nok 2 - folds\n# pass 1\n"

    assert list(node_problems(tap, frozenset())) == ["skipped: merges (SKIP)"]


def test_a_run_without_python_or_without_javascript_tests_is_refused() -> None:
    assert list(python_problems("", frozenset())) == ["no Python test ran"]
    assert list(node_problems("# pass 0\n", frozenset())) == ["no JavaScript test ran"]
