"""A calendar date survives being written and read."""

import yaml

assert yaml.safe_load(yaml.safe_dump({"date": "2026-01-01"})) == {"date": "2026-01-01"}
