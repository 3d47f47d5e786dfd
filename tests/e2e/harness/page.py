# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""The data in a report's page, read as its script reads it."""

import json
import re

DATA = re.compile(r'<script type="application/json" id="data">(.*?)</script>', re.DOTALL)


class Page:
    def __init__(self, path):
        self.path = path
        self.text = path.read_text(encoding="utf-8")
        found = DATA.findall(self.text)
        assert len(found) == 1, f"{len(found)} elements of data in the page"
        assert "<" not in found[0]
        self.data = json.loads(found[0])
        self.containers = [PageContainer(self.data, each) for each in self.data["containers"]]

    def container(self, title):
        return next(each for each in self.containers if each.title == title)


class PageContainer:
    def __init__(self, data, json_object):
        self.json = json_object
        self.title = json_object["title"]
        self.paths = self._paths(json_object["names"], json_object["parents"])
        self.facts = [self._fact(data, fact) for fact in _by(6, json_object["facts"])]

    @staticmethod
    def _paths(names, parents):
        """Of the nodes; None for what has no absolute path."""
        paths = [None]
        for name, parent in zip(names[1:], parents[1:]):
            if parent == 0:
                paths.append("" if name == "/" else None)
            else:
                above = paths[parent]
                paths.append(None if above is None else f"{above}/{name}")
        return [path or ("/" if path == "" else None) for path in paths]

    def _fact(self, data, fact):
        node, more, exe, error, access, count = fact
        return {
            "path": self.paths[node],
            "more": bool(more),
            "exe": data["exes"][exe],
            "error": data["errors"][error] or None,
            "writes": bool(access & 0b1000110),
            "count": count,
        }

    def count(self, **wanted):
        """Opens with these properties: count(path="/etc/passwd", error=None)."""
        return sum(
            fact["count"]
            for fact in self.facts
            if all(fact[key] == value for key, value in wanted.items())
        )


def _by(n, flat):
    assert len(flat) % n == 0
    return [flat[i : i + n] for i in range(0, len(flat), n)]
