#!/usr/bin/env python3
"""wrong_types.py OCIRUN BUNDLE CONFIG [SCHEMA-DIRECTORY]

Every value of CONFIG, one at a time, is replaced by one of each other JSON type (an integer by a fraction
too): `ocirun plan` must refuse each and name the place. Properties that runtime-spec's schema has for Linux
and CONFIG has not are reported. Prints what is wrong; the last line counts the refusals."""

import copy
import json
import os
import subprocess
import sys

OTHERS = [7, "x", True, [], {}]
# Of other platforms, and taken out of the specification.
FOREIGN = {"windows", "solaris", "vm", "zos", "freebsd", "commandLine", "username", "enableCMT", "enableMBM"}


def kind(value):
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    return type(value).__name__


def places(value, path=()):
    """The path of every value below this one."""
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in entries:
        yield path + (key,)
        yield from places(child, path + (key,))


def at(config, path):
    for key in path:
        config = config[key]
    return config


def replaced(config, path, value):
    config = copy.deepcopy(config)
    at(config, path[:-1])[path[-1]] = value
    return config


def refusal(ocirun, bundle, config):
    """What plan says to this config, or None: it takes it."""
    with open(os.path.join(bundle, "config.json"), "w", encoding="utf-8") as file:
        json.dump(config, file)
    done = subprocess.run([ocirun, "--root", os.path.join(bundle, "state"), "plan", bundle], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, check=False)
    return done.stderr if done.returncode else None


class Schema:
    """The specification's schema files: which properties there are."""

    def __init__(self, directory):
        self.directory = directory
        self.files = {}

    def load(self, name):
        if name not in self.files:
            with open(os.path.join(self.directory, name), encoding="utf-8") as file:
                self.files[name] = json.load(file)
        return self.files[name]

    def properties(self, file, node, path=()):
        """Paths of all properties; [] stands for any element, * for any key."""
        if "$ref" in node:
            name, _, pointer = node["$ref"].partition("#")
            file = name or file
            node = at(self.load(file), [part for part in pointer.split("/") if part])
        for part in node.get("allOf", []) + node.get("anyOf", []) + node.get("oneOf", []):
            yield from self.properties(file, part, path)
        for key, child in node.get("properties", {}).items():
            if key not in FOREIGN:
                yield path + (key,)
                yield from self.properties(file, child, path + (key,))
        for key in node.get("patternProperties", {}).values():
            yield from self.properties(file, key, path + ("*",))
        if isinstance(node.get("items"), dict):
            yield from self.properties(file, node["items"], path + ("[]",))


def shapes(config):
    """The paths of the config with [] for indices, and with * for each key as well."""
    for path in places(config):
        shape = tuple("[]" if isinstance(key, int) else key for key in path)
        yield shape
        for i in range(len(shape)):
            yield shape[:i] + ("*",) + shape[i + 1:]


def main():
    ocirun, bundle, source = sys.argv[1:4]
    with open(source, encoding="utf-8") as file:
        config = json.load(file)
    # what no single host takes, but the reader does
    config["process"]["selinuxLabel"] = "system_u:system_r:container_t:s0"
    config["linux"]["resources"]["network"] = {"classID": 1, "priorities": [{"name": "eth0", "priority": 1}]}
    features = json.loads(subprocess.run([ocirun, "features"], capture_output=True, text=True, check=True).stdout)
    if features["linux"]["intelRdt"]["enabled"]:
        config["linux"]["intelRdt"] = {"closID": "a", "l3CacheSchema": "L3:0=f", "memBwSchema": "MB:0=20",
                                       "schemata": ["L3:0=f"], "enableMonitoring": True}
    if features["linux"]["netDevices"]["enabled"]:
        config["linux"]["netDevices"] = {"eth0": {"name": "eth1"}}
    wrong = 0
    if len(sys.argv) > 4:
        schema, have = Schema(sys.argv[4]), set(shapes(config))
        for path in schema.properties("config-schema.json", schema.load("config-schema.json")):
            if path not in have and (path[:2] != ("linux", "intelRdt") or features["linux"]["intelRdt"]["enabled"]):
                print("the config has no /" + "/".join(path))
                wrong += 1
    count = 0
    for path in places(config):
        value = at(config, path)
        others = [other for other in OTHERS if kind(other) != kind(value)][:2]
        if kind(value) == "number":
            others.append(1.5)
        for other in others:
            text = refusal(ocirun, bundle, replaced(config, path, other))
            pointer = "".join("/" + str(key).replace("~", "~0").replace("/", "~1") for key in path)
            count += 1
            if text is None or f" {pointer}: " not in text:
                print(f"{pointer} = {json.dumps(other)}: {text.strip() if text else 'taken'}")
                wrong += 1
    print(f"{count} refusals")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
