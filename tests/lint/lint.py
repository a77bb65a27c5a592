"""`lint.py ROOT [CHECK…]`: runs the checks (all without names), prints findings, exits 1 with any.

`lint.py ROOT --write-statements` writes the tests' column of docs/security.md anew.
"""
import sys

import checks
import documents


def main(arguments):
    tree = checks.Tree(arguments[0])
    findings = []
    if "--write-statements" in arguments:
        documents.write_statements(tree)
        return 0
    for name in arguments[1:] or checks.CHECKS:
        findings += checks.CHECKS[name](tree)
    for finding in findings:
        print(f"{finding.path}:{finding.line}: {finding.text}")
    print(f"{len(tree.names)} files, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
