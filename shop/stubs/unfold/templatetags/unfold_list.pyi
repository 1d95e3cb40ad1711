from typing import Any

from django.contrib.admin.views.main import ChangeList

def result_list(context: dict[str, Any], cl: ChangeList) -> dict[str, Any]: ...
