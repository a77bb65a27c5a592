#!/usr/bin/env python3
"""How many of sisimai's public sample bounces `tandemail explain` puts in the right class.

The samples and what is expected of them stay outside of this repository:
  git clone https://github.com/sisimai/set-of-emails      the bounces
  git clone https://github.com/sisimai/go-sisimai         fact/*_test.go: reply code and reason of each
  git clone https://github.com/sisimai/p5-sisimai         t/*.t: the same for those that go-sisimai dropped
  tests/bench/bounces.py --binary build/tandemail --emails set-of-emails/maildir/bsd \\
      --expected go-sisimai/fact p5-sisimai/t

Prints the figure and, with --wrong, what was put elsewhere. --half tells apart the samples that were
looked at when the catalogue's words were written (their name's MD5 is even) from the others.
"""
import argparse
import collections
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys

# What each of sisimai's reasons is called here. Several classes stand where ours are finer, or where
# sisimai's reason is defined by something else than the words (see docs/error-catalogue.md).
CLASSES = {
    "authfailure": ["sender_authentication"],
    "badreputation": ["blocked"],
    "blocked": ["blocked"],
    "contenterror": ["malformed"],
    "delivered": ["delivered"],
    "exceedlimit": ["too_large"],
    "expired": ["unreachable"],
    "failedstarttls": ["tls", "not_authorized"],
    "feedback": ["complaint"],
    # "User unknown" said after DATA instead of after RCPT: the words are the same.
    "filtered": ["refused_by_recipient", "unknown_mailbox"],
    "hasmoved": ["mailbox_moved"],
    "hostunknown": ["unknown_domain"],
    "mailboxfull": ["mailbox_full"],
    "mailererror": ["delivery_program"],
    "mesgtoobig": ["too_large"],
    # DNS failures, lost connections and mail loops alike.
    "networkerror": ["unreachable", "unknown_domain", "loop"],
    "norelaying": ["relay_denied"],
    "notaccept": ["domain_takes_no_mail"],
    "notcompliantrfc": ["malformed"],
    "onhold": ["unclear", "server_fault"],
    "policyviolation": ["policy"],
    "rejected": ["sender_refused"],
    "requireptr": ["reverse_dns"],
    "securityerror": ["not_authorized"],
    "spamdetected": ["spam"],
    "speeding": ["rate_limit"],
    "suppressed": ["suppressed"],
    "suspend": ["mailbox_disabled"],
    "syntaxerror": ["protocol"],
    "systemerror": ["server_fault"],
    "systemfull": ["server_full"],
    "toomanyconn": ["rate_limit"],
    "undefined": ["unclear"],
    "userunknown": ["unknown_mailbox"],
    "vacation": ["auto_reply"],
    "virusdetected": ["virus"],
}

# Samples whose own words plainly say what we say, whatever their label: file -> (class, those words).
# They are counted apart, and listed in docs/error-catalogue.md.
REVIEWED = {
    "lhost-amavis-03.eml": ("spam", "Reject … - SPAM"),
    "lhost-dragonfly-16.eml": ("server_fault", "5.3.2 System not accepting network messages"),
    "lhost-dragonfly-18.eml": ("policy", "Policy violation"),
    "lhost-exim-46.eml": ("reverse_dns", "Missing reverse DNS"),
    "lhost-exim-56.eml": ("rate_limit", "You've reached your daily relay quota"),
    "lhost-mfilter-04.eml": ("unknown_mailbox", "5.4.1 … rejected : Access denied, by Exchange Online"),
    "lhost-postfix-17.eml": ("domain_takes_no_mail", "the words that rhost-aol-06 calls notaccept"),
    "lhost-postfix-74.eml": ("blocked", "the words that lhost-qmail-19 calls badreputation"),
    "lhost-powermta-01.eml": ("unknown_mailbox", "User Unknown"),
    "lhost-powermta-03.eml": ("unknown_mailbox", "User Unknown"),
    "lhost-sendmail-13.eml": ("mailbox_full", "maildrop: maildir over quota"),
    "lhost-sendmail-21.eml": ("unreachable", "Deferred: Connection refused"),
    "lhost-x2-05.eml": ("server_fault", "Resources temporarily unavailable"),
    "lhost-yahoo-13.eml": ("unreachable", "Unable to deliver message after multiple retries"),
    "rfc3464-01.eml": ("unknown_mailbox", "5.1.1 User Unknown"),
    "rfc3464-04.eml": ("delivery_program", "procmail … Service unavailable"),
    "rhost-franceptt-12.eml": ("blocked", "Client host rejected"),
    "rhost-yahooinc-02.eml": ("blocked", "the words that lhost-qmail-19 calls badreputation"),
}


def from_go(path):
    """(file, recipient's number) -> reason, from a *_test.go."""
    source = path.read_text()
    found = {}
    for table in re.finditer(r'publiclist := \[\]\[\]IsExpected\{(.*?)\}; EngineTest\(t, "([^"]+)"',
                             source, re.S):
        test = re.findall(r"func Test(\w+)\(", source[:table.start()])[-1]
        prefix = next((p for p in ("lhost-", "rhost-") if test.lower().startswith(p[:-1])), "")
        for group in re.finditer(r"\{(\{.*?\})\}", table[1], re.S):
            rows = re.findall(r'"(\d+)",\s*\d+,\s*"[^"]*",\s*"[^"]*",\s*"([^"]*)"', group[1])
            for number, (label, reason) in enumerate(rows, 1):
                found.setdefault((f"{prefix}{table[2].lower()}-{label}.eml", number), reason)
    return found


def from_perl(path):
    """The same from a t/NNN-lhost-*.t."""
    source = path.read_text()
    engine = re.search(r"enginename = '([^']+)'", source)
    prefix = next((p for p in ("lhost-", "rhost-") if p in path.name), "")
    found = {}
    for row in re.finditer(r"^\s*'(\d+)' => \[(.*?)\],\n", source, re.M | re.S) if engine else ():
        reasons = re.findall(r"\[\s*'[^']*',\s*'[^']*',\s*'([^']*)'", row[2])
        for number, reason in enumerate(reasons, 1):
            found[f"{prefix}{engine[1].lower()}-{row[1]}.eml", number] = reason
    return found


def expectations(folders, emails):
    """What the first folder that knows a file says of it."""
    expected, known = {}, set()
    for folder in folders:
        found = {}
        for path in sorted(folder.glob("*_test.go")):
            found.update(from_go(path))
        for path in sorted(folder.glob("*.t")):
            found.update(from_perl(path))
        expected.update({key: reason for key, reason in found.items()
                         if key[0] not in known and (emails / key[0]).exists()})
        known = {name for name, _ in expected}
    return expected


def half_of(name):
    return "seen" if hashlib.md5(name.encode()).digest()[0] % 2 == 0 else "unseen"


def explain(binary, path):
    done = subprocess.run([binary, "explain", "--json", "--file", path], capture_output=True, text=True)
    return json.loads(done.stdout)["recipients"] if done.returncode in (0, 3) else []


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", required=True)
    parser.add_argument("--emails", required=True, type=pathlib.Path)
    parser.add_argument("--expected", required=True, nargs="+", type=pathlib.Path)
    parser.add_argument("--half", choices=["seen", "unseen"])
    parser.add_argument("--wrong", action="store_true", help="print what was put elsewhere")
    options = parser.parse_args()

    expected = {key: reason for key, reason in expectations(options.expected, options.emails).items()
                if not options.half or half_of(key[0]) == options.half}
    names = sorted({name for name, _ in expected})
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        told = dict(zip(names, pool.map(lambda name: explain(options.binary, options.emails / name), names)))

    right, reviewed, by_reason = 0, 0, collections.Counter()
    for (name, number), reason in sorted(expected.items()):
        recipients = told[name]
        one = recipients[number - 1] if number <= len(recipients) else {"class": "no recipient", "said": ""}
        if one["class"] in CLASSES[reason]:
            right += 1
            continue
        if one["class"] == REVIEWED.get(name, ("", ""))[0]:
            reviewed += 1
            continue
        by_reason[reason] += 1
        if options.wrong:
            print(f"{name} {number}: {reason} -> {one['class']} ({one.get('basis')} {one.get('entry')}) "
                  f"{one.get('code')} {one.get('status')} | {one['said'][:200]}")
    total = len(expected)
    print(f"{total} recipients in {len(names)} files")
    print(f"as labelled: {right}, {100 * right / total:.1f} %")
    print(f"and by their own words: {reviewed}, together {100 * (right + reviewed) / total:.1f} %")
    print("elsewhere:", total - right - reviewed, dict(by_reason.most_common()))
    return 0 if right + reviewed >= 0.95 * total else 1


if __name__ == "__main__":
    sys.exit(main())
