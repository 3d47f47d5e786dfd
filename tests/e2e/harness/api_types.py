# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""The API's own types, as the Kubernetes client for Python knows them: is each field one of theirs?"""

import re

SCALARS = {"str": str, "bool": bool, "int": int, "object": object}


def check(models, value, kind, where):
    """Fails at the first field that the type has not, or has otherwise."""
    if kind in SCALARS:
        assert isinstance(value, SCALARS[kind]), f"{where}: {value!r} is no {kind}"
        return
    if listed := re.fullmatch(r"list\[(.*)\]", kind):
        assert isinstance(value, list), f"{where}: {value!r} is no list"
        for number, each in enumerate(value):
            check(models, each, listed[1], f"{where}[{number}]")
        return
    assert isinstance(value, dict), f"{where}: {value!r} is no mapping"
    if mapped := re.fullmatch(r"dict\(str, (.*)\)", kind):
        for key, each in value.items():
            check(models, each, mapped[1], f"{where}.{key}")
        return
    model = getattr(models, kind)
    names = {model.attribute_map[name]: kind for name, kind in model.openapi_types.items()}
    for key, each in value.items():
        assert key in names, f"{where}: {kind} has no {key}"
        check(models, each, names[key], f"{where}.{key}")
