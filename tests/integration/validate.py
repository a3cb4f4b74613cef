#!/usr/bin/env python3
"""validate.py SCHEMA [DOCUMENT...]: each document (standard input without any) against a JSON schema, whose
references are files beside it. Prints what is wrong, one line each; exit status 1 when anything is."""

import json
import os
import sys

import jsonschema


def main():
    path = os.path.abspath(sys.argv[1])
    with open(path, encoding="utf-8") as file:
        schema = json.load(file)
    resolver = jsonschema.RefResolver("file://" + path, schema)
    kind = jsonschema.validators.validator_for(schema)
    kind.check_schema(schema)
    wrong = 0
    for name in sys.argv[2:] or ["-"]:
        with sys.stdin if name == "-" else open(name, encoding="utf-8") as file:
            document = json.load(file)
        for error in kind(schema, resolver=resolver).iter_errors(document):
            print(f"{name}: /{'/'.join(map(str, error.absolute_path))}: {error.message}")
            wrong = 1
    return wrong


if __name__ == "__main__":
    sys.exit(main())
