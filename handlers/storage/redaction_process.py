"""The program that handlers.storage.redaction runs: rules on the first line, then texts line by line."""

import json
import re
import sys


def main() -> None:
    """Answer each list of texts with the list of them without what the rules find."""
    rules = [
        (re.compile(rule["pattern"]), rule["replacement"])
        for rule in json.loads(sys.stdin.readline())
    ]
    for line in sys.stdin:
        texts = json.loads(line)
        for pattern, replacement in rules:
            # As a function, so that a backslash in the replacement is only a backslash.
            texts = [pattern.sub(lambda _found, new=replacement: new, text) for text in texts]
        sys.stdout.write(json.dumps(texts) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
