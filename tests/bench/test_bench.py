"""How the benches measure: order of turns, ratios, the table, and the page that is written."""
import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent / "support"))
from figures import Contender, Group, Sample, measure, number_text, ratio, table   # noqa: E402
import machine      # noqa: E402
import record       # noqa: E402
import smtp         # noqa: E402
import sync         # noqa: E402


def group(calls, better="higher", ours=True):
    def contender(name, values, ours):
        def run(cell):
            calls.append(name)
            return Sample(values[calls.count(name) - 1], {"more": cell})
        return Contender(name, run, ours)
    return Group("A title", "things/s", [contender("ours", [9, 10, 30, 20], ours), contender("peer", [9, 4, 6, 5], False)],
                 {"cell": 7}, better)


class MeasureTest(unittest.TestCase):
    def test_turns_alternate_after_a_warm_up_that_does_not_count(self):
        calls = []
        results = measure(group(calls), 3, say=lambda text: None)
        self.assertEqual(calls, ["peer", "ours", "ours", "peer", "peer", "ours", "ours", "peer"])
        self.assertEqual([sample.value for sample in results["cell"]["ours"]], [10, 30, 20])

    def test_ratio_is_above_one_when_ours_is_better(self):
        fast, slow = [Sample(10)], [Sample(5)]
        self.assertEqual(ratio(fast, slow, "higher"), 2)
        self.assertEqual(ratio(fast, slow, "lower"), 0.5)

    def test_table(self):
        measured = group([])
        text = table(measured, measure(measured, 3, say=lambda text: None))
        self.assertIn("| cell | **ours** | 10.0 | 20.0 | 30.0 |  | 7.00 |", text)
        self.assertIn("|  | peer | 4.00 | 5.00 | 6.00 | **4.00** | 7.00 |", text)

    def test_table_without_ours_claims_nothing(self):
        measured = group([], ours=False)
        self.assertIn("| 6.00 |  | 7.00 |", table(measured, measure(measured, 3, say=lambda text: None)))

    def test_numbers(self):
        self.assertEqual([number_text(value) for value in (12345.6, 99.94, 9.876, 0.1234)],
                         ["12,346", "99.9", "9.88", "0.123"])


class RecordTest(unittest.TestCase):
    def test_a_section_replaces_its_own_day_only(self):
        page = "# Benchmarks\n\nWords.\n"
        for name, day, figure in (("smtp", 1, "old"), ("sync", 1, "kept"), ("smtp", 1, "new"), ("smtp", 2, "later")):
            page = record.put(page, record.section(name, f"2026-01-0{day}", "m", "v", "c", "0", [f"{figure}\n"]))
        self.assertNotIn("old", page)
        self.assertEqual([word for word in page.split() if word in ("new", "kept", "later")], ["new", "kept", "later"])
        self.assertTrue(page.startswith("# Benchmarks\n\nWords.\n\n## smtp"))


class CheckTest(unittest.TestCase):
    class End:
        def __init__(self, count):
            self.found = count

        def count(self):
            return self.found

    def test_a_message_too_many_is_no_figure(self):
        with self.assertRaises(smtp.Wrong):
            smtp.wait_for(self.End(11), 10, "a server")

    def test_a_copy_that_lacks_a_message_is_no_figure(self):
        class Side:
            def __init__(self, count):
                self.text = f"mailbox\tmessages\tvsize\nINBOX\t{count}\t999\nTrash\t0\t0\n"

            def doveadm(self, *arguments, check=True, bound=None):
                return self.text

        tool = sync.tools(type("Options", (), {"ours": False}))[1]
        user = sync.User("a@b.example", "")
        sync.check(tool, sync.Job(Side(3), Side(3), [(user, user)], None))
        with self.assertRaises(sync.Wrong):
            sync.check(tool, sync.Job(Side(3), Side(2), [(user, user)], None))

    def test_the_machine_is_described(self):
        self.assertRegex(machine.describe(), r"^\d{4}-\d\d-\d\d .* UTC, \d+ × .* flushes/s")


if __name__ == "__main__":
    unittest.main(verbosity=2)
