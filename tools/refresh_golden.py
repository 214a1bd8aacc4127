"""Write the golden verdicts anew after a new model or new tables: `python tools/refresh_golden.py`.

Each file of `tests/golden/` holds a message and its whole verdict. Read the difference
before you commit it: every change is a change that a user sees.
"""

import json
from pathlib import Path

from noticeguard import Classifier

GOLDEN = Path(__file__).parents[1] / "tests" / "golden"


def main() -> None:
    classifier = Classifier.load()
    for path in sorted(GOLDEN.glob("*.json")):
        case = json.loads(path.read_text(encoding="utf-8"))
        verdict = classifier.explain(case["message"], why=case["why"])
        case["verdict"] = verdict.to_dict(keywords=8, language=case["language"])
        path.write_text(json.dumps(case, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        print(path.stem, verdict.label)


if __name__ == "__main__":
    main()
