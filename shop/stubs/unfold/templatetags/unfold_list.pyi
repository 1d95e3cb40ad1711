from typing import Any

from django.contrib.admin.views.main import ChangeList

def result_list(cl: ChangeList) -> dict[str, Any]: ...
