import pytest

# Its assertions say what differs.
pytest.register_assert_rewrite("catalog.tests.search.contract")
