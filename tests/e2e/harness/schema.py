# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Every line that a test sees is held against the published schema."""

import functools
import json

import jsonschema

from .settings import PATIENCE, SCHEMA

LINE_BYTES = 16384
# A validation takes a millisecond, and thirty where the machine is emulated.  Of
# longer streams than this, lines that look like one already seen are sampled; their
# JSON is still parsed, each one.
ALL_UP_TO = 3000 if PATIENCE == 1 else 0
SAMPLE = 50


@functools.cache
def _validator():
    """Made once: to check the schema itself takes longer than most tests."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    kind = jsonschema.validators.validator_for(schema)
    kind.check_schema(schema)
    return kind(schema)


def _shape(value):
    if isinstance(value, dict):
        return tuple((key, _shape(item)) for key, item in value.items())
    if isinstance(value, list):
        return tuple(map(_shape, value))
    return type(value).__name__


class Lines:
    """Turns stdout's lines into events, or fails with the line that is wrong."""

    seen = set()  # of all streams

    def __init__(self):
        self.validator = _validator()
        self.count = 0

    def parse(self, line):
        assert len(line) <= LINE_BYTES, f"a line of {len(line)} bytes: {line[:200]}..."
        assert line.endswith(b"\n"), f"the stream ends within a line: {line[:200]}"
        event = json.loads(line.decode("utf-8"))
        self.count += 1
        shape = _shape(event)
        if self.count <= ALL_UP_TO or shape not in self.seen or self.count % SAMPLE == 0:
            for error in self.validator.iter_errors(event):
                where = "/".join(map(str, error.absolute_path))
                raise AssertionError(f"not by the schema, at '{where}': {error.message}: {line}")
        self.seen.add(shape)
        return event
