"""Test files that take longest, mostly by waiting for real servers: begun last, one of them would keep a single worker busy at the end."""

LONGEST_FIRST = (
    "tests/demo/test_scenarios.py",
    "tests/rules/test_alert_rules.py",
    "tests/rules/test_record_rules.py",
    "tests/rules/test_disturbed.py",
    "tests/install/test_scale_out.py",
    "tests/demo/test_demo.py",
    "tests/view/test_boards.py",
    "tests/view/test_preview_command.py",
    "tests/view/test_pictures.py",
    "tests/test_wheel.py",
    "tests/compile/test_numbers_have_one_home.py",
    "tests/install/test_routing.py",
    "tests/baseline/test_baseline_command.py",
)
