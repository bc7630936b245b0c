#!/usr/bin/env python3
"""Does a validator of JSON Schema agree with the scenario language?

    schema_check.py FLEET_SIM SCENARIOS

Every scenario that ships, and the one that `fleet-sim new` writes, must validate; each broken one must not, and
fleet-sim must refuse it too. Needs python3-jsonschema and python3-yaml.
"""
import copy
import json
import pathlib
import subprocess
import sys
import tempfile

import jsonschema
import yaml

PROGRAM, SCENARIOS = sys.argv[1], pathlib.Path(sys.argv[2])


def set_at(path, value):
    """A change of a document: `value` at the keys of `path`."""

    def change(document):
        for key in path[:-1]:
            document = document[key]
        document[path[-1]] = value

    return change


def removed(path):
    def change(document):
        for key in path[:-1]:
            document = document[key]
        del document[path[-1]]

    return change


# Of quickstart.yaml, each with one thing wrong.
BROKEN = {
    "no fleet": removed(["fleet"]),
    "unknown key at the top": set_at(["flet"], {}),
    "unknown key of a group": set_at(["fleet", "lamps", "cuont"], 3),
    "unknown key of defaults": set_at(["defaults"], {"fleet": {"cuont": 3}}),
    "group without a mapping": set_at(["fleet", "lamps"], 5),
    "count of nobody": set_at(["fleet", "lamps", "count"], 0),
    "count in words": set_at(["fleet", "lamps", "count"], "many"),
    "duration without unit": set_at(["phases", "hold"], 10),
    "rate without unit": set_at(["calls", "push", "rate"], 50),
    "rate of no shape": set_at(["calls", "push", "rate"], {"brust": {"calls": 1, "every": "1s"}}),
    "ramp to nowhere": set_at(["calls", "push", "rate"], {"ramp": {"from": "1/s"}}),
    "size without unit": set_at(["calls", "push", "payload"], 256),
    "unknown pick": set_at(["calls", "push", "pick"], "ziph"),
    "unknown api": set_at(["calls", "push", "api"], "BatchPubb"),
    "list for a mapping": set_at(["phases"], []),
    "mapping for a list": set_at(["fleet", "lamps", "subscribe"], {}),
    "topic without an operation": set_at(["products", "lamp", "topics"], {"get": "listen"}),
    "name with a space": set_at(["name"], "quick start"),
}

# The same, right.
RIGHT = {
    "defaults": set_at(["defaults"], {"fleet": {"count": 3}, "calls": {"rate": "5/s"}}),
    "ramp": set_at(["calls", "push", "rate"], {"ramp": {"from": "1/s", "to": "9/m"}}),
    "steps": set_at(["calls", "push", "rate"], {"steps": [{"rate": "5/s", "for": "2s"}]}),
    "max": set_at(["calls", "push", "rate"], "max"),
    "due": set_at(["calls", "push", "rate"], {"due": ["0s", "1s"]}),
    "protocol as a number": set_at(["fleet", "lamps", "connect"], {"protocol": 5}),
    "auth as YAML 1.1 reads it": set_at(["target", "broker"], {"auth": True}),
}


def planned(text):
    """Exit code of `fleet-sim plan`, and what it said."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(text)
        file.flush()
        done = subprocess.run([PROGRAM, "plan", file.name], capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


def main():
    schema = json.loads(subprocess.run([PROGRAM, "schema"], capture_output=True, check=True).stdout)
    validator_class = jsonschema.validators.validator_for(schema)
    assert validator_class is jsonschema.Draft7Validator, schema["$schema"]
    validator_class.check_schema(schema)
    validator = validator_class(schema)
    faults = []

    texts = {path.name: path.read_text() for path in sorted(SCENARIOS.glob("*.yaml"))}
    with tempfile.TemporaryDirectory() as directory:
        starter = pathlib.Path(directory) / "starter.yaml"
        subprocess.run([PROGRAM, "new", str(starter)], check=True, stdout=subprocess.DEVNULL)
        texts["starter"] = starter.read_text()
    for name, text in texts.items():
        for error in validator.iter_errors(yaml.safe_load(text)):
            faults.append(f"{name} does not validate: {error.json_path}: {error.message}")

    for changes, right in ((BROKEN, False), (RIGHT, True)):
        for name, change in changes.items():
            document = copy.deepcopy(yaml.safe_load(texts["quickstart.yaml"]))
            change(document)
            if validator.is_valid(document) != right:
                faults.append(f"'{name}' {'does not validate' if right else 'validates'}")
            # PyYAML reads and writes YAML 1.1, where `on` is true.
            code, said = planned(yaml.safe_dump(document).replace("auth: true", "auth: on"))
            if (code != 2) != right:
                faults.append(f"'{name}': fleet-sim plan ends with {code}: {said}")
    print("\n".join(faults) or f"{len(texts)} scenarios, {len(BROKEN)} broken ones, {len(RIGHT)} right ones")
    return 1 if faults or len(texts) < 8 else 0


if __name__ == "__main__":
    sys.exit(main())
