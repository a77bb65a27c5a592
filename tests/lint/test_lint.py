"""The lint checks find what they are for and leave good code alone."""
import pathlib
import tempfile
import unittest

import checks
import cxx
import documents


def findings(check, files):
    with tempfile.TemporaryDirectory() as root:
        for name, text in files.items():
            path = pathlib.Path(root, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return [(found.path, found.line) for found in checks.CHECKS[check](checks.Tree(root, files))]


class LintTest(unittest.TestCase):
    def assert_found(self, check, name, text, line=1):
        self.assertEqual(findings(check, {name: text}), [(name, line)])

    def assert_clean(self, check, name, text):
        self.assertEqual(findings(check, {name: text}), [])

    def test_arrows(self):
        self.assert_found("includes", "lib/mail/a.cpp", '#include "lib/net/stream.hpp"\n')
        self.assert_found("includes", "sync/a.cpp", '// x\n#include "server/b.hpp"\n', 2)
        self.assert_found("includes", "proxy/gateway/a.cpp", '#include "proxy/session/b.hpp"\n')
        self.assert_clean("includes", "sync/a.cpp", '#include "migration/routes.hpp"\n#include <vector>\n')
        self.assert_clean("includes", "tests/sync/a.cpp", '#include "server/b.hpp"\n')

    def test_reserved(self):
        self.assert_found("reserved", "lib/base/a.cpp", "#include <boost/json/fwd.hpp>\n")
        self.assert_found("reserved", "server/a.cpp", "#include <sqlite3.h>\n")
        self.assert_found("reserved", "server/a.cpp", "#include <boost/beast/http.hpp>\n")
        self.assert_clean("reserved", "lib/store/a.cpp", "#include <sqlite3.h>\n")
        self.assert_clean("reserved", "config/a.cpp", "#include <boost/program_options.hpp>\n")

    def test_heavy_headers(self):
        self.assert_found("headers", "lib/store/a.hpp", "#include <filesystem>\n")
        self.assert_clean("headers", "lib/store/a.cpp", "#include <filesystem>\n")
        self.assert_clean("headers", "webui/a.hpp", "#include <boost/json/fwd.hpp>\n")

    def test_sleeps(self):
        self.assert_found("sleeps", "tests/net/a.cpp", "std::this_thread::sleep" "_for(1s);\n")
        self.assert_found("sleeps", "tests/a.py", "import time\ntime." "sleep(1)\n", 2)
        self.assert_found("sleeps", "tests/browser/a.ts", "set" "Timeout(f, 10)\n")
        self.assert_clean("sleeps", "tests/net/a.cpp", "// no this_thread::sleep" "_for here\n")
        self.assert_clean("sleeps", "tests/net/a.cpp", "co_await net::sleep" "_for(seconds(1));\n")

    def test_co_await(self):
        for bad in ("co_await f([x] { return x; });", "auto r = co_await f(Options{1, 2});",
                    "co_await f({});", "co_return co_await (a ? b() : c());", "Thing t{co_await f()};",
                    "if (auto r = co_await f({}); !r) { g(); }"):
            self.assert_found("co_await", "sync/a.cpp", "Task<void> f() {\n  " + bad + "\n}\n", 2)
        for good in ("co_await f(x);", "if (!co_await f()) { a = Options{1}; }",
                     "auto t = a ? b : c;\n  co_await g(t, 'x', \"?\");",
                     "run([](Stream& s) -> Task<void> { co_await s.write(1); co_return; });",
                     "while (auto part = co_await read()) { use({part}); }",
                     "for (auto n : {1, 2}) CHECK(co_await f(n));", "if (a ? b : c) co_await f(n);",
                     "switch (co_await next()) { case 1: co_return; }"):
            self.assert_clean("co_await", "sync/a.cpp", "Task<void> f() {\n  " + good + "\n}\n")

    def test_co_await_after_trailing_return_type(self):
        self.assert_clean("co_await", "sync/a.cpp", "auto C::f() const -> Task<Result<int>> { co_await g(); }\n")

    def test_spawn(self):
        self.assert_found("spawn", "sync/a.cpp", "asio::co_spawn(x, f(), asio::use_future);\n")
        self.assert_clean("spawn", "lib/net/a.cpp", "co_spawn(x, f(), detached);\n")

    def test_log_ids(self):
        self.assert_found("log_ids", "sync/a.cpp", 'x;\nlog::warning("W-SYNC-1", "a");\nlog::warning("W-SYNC-1", "b");\n', 3)
        self.assert_found("log_ids", "sync/a.cpp", 'log::error("W-SYNC-1", "a");\n')
        self.assert_found("log_ids", "sync/a.cpp", 'log::info(text);\n')
        self.assert_clean("log_ids", "sync/a.cpp", 'log::error(\n    "E-SYNC-1", "a");\nlog::info("I-SYNC-2", "b {}", c);\n')

    def test_rooms(self):
        room, tests = {"sync/a.cpp": "", "sync/README.md": "May not enter: x\n"}, {"tests/sync/a.cpp": ""}
        self.assertEqual(findings("rooms", room), [])
        self.assertEqual(findings("rooms", room | tests), [("tests/sync/README.md", 1)])
        self.assertEqual(findings("rooms", {"lib/net/a.cpp": "", "lib/net/README.md": "nothing\n"}), [("lib/net/README.md", 1)])

    def test_functions(self):
        def body(lines):
            return "// x\nint f(int a) {\n" + "  g();\n" * lines + "}\n"
        self.assert_found("functions", "sync/a.cpp", body(81), 2)
        self.assert_clean("functions", "sync/a.cpp", body(80) + body(80))
        self.assert_clean("functions", "sync/a.cpp", 'Schema f() {\n  return R"(' + "a\n" * 100 + ')";\n}\n')

    def test_contracts(self):
        self.assert_found("contracts", "sync/a.hpp", "#pragma once\n")
        self.assert_found("contracts", "sync/a.cpp", "int a;\n")
        self.assert_clean("contracts", "sync/a.cpp", "// What it is for.\nint a;\n")
        self.assertEqual(findings("contracts", {"sync/a.cpp": "int a;\n", "sync/a.hpp": "// What.\n"}), [])

    def test_length(self):
        self.assert_found("length", "sync/a.cpp", "x\n" * 601, 601)
        self.assert_clean("length", "sync/a.cpp", "x\n" * 600)

    def test_machine_paths(self):
        self.assert_found("paths", "docs/a.md", "see /wo" "rk/x\n")
        self.assert_clean("paths", "docs/a.md", "a frame/wo" "rk/x\n")

    def test_rfc(self):
        index = "| RFC | What | There | Kept |\n|---|---|---|---|\n| 5321 | SMTP | all | yes |\n| 6152 | 8BITMIME | - | no |\n"
        for bad in ("// RFC 5322 2.2\n", "// RFC 5321 4.4, 9051 and more\n", "// (a light one, RFC\n// 4013)\n"):
            self.assertEqual(findings("rfc", {"docs/rfc.md": index, "lib/mail/a.cpp": bad + "// RFC 5321\n"}),
                             [("lib/mail/a.cpp", 1)], bad)
        good = {"docs/rfc.md": index, "lib/mail/a.cpp": "// RFC 5321 4.5.3.1.5, 4.4\n"}
        self.assertEqual(findings("rfc", good), [])
        self.assertEqual(findings("rfc", {"docs/rfc.md": index, "lib/mail/a.cpp": "int a;\n"}), [("docs/rfc.md", 3)])

    def test_documents(self):
        sources = {"lib/net/stream.hpp": "struct Stream {};\n", "lib/net/stream.cpp": "void Stream::close() {}\n",
                   "docs/b.md": ""}
        good = ("[a](../lib/net/stream.hpp) [b](b.md#part) [web](https://x.jp/y) [room](../lib/net)\n"
                "`lib/net/stream.hpp` `net/stream.cpp` `stream.hpp` `Stream::close` `Stream::close()` `std::expected`\n"
                "`resource_NAME.cpp` `sync/` `x == y`\n```\n`gone.cpp`\n```\n")
        self.assertEqual(findings("documents", sources | {"docs/a.md": good}), [])
        for bad in ("[a](gone.md)", "see `lib/net/gone.hpp`", "see `gone.cpp`", "see `Stream::open`", "`Stream::open()`"):
            self.assertEqual(findings("documents", sources | {"docs/a.md": "x\n" + bad}), [("docs/a.md", 2)], bad)

    def test_commands(self):
        main = ('constexpr std::array commands = {\n    Command{"sync", "[ACCOUNT…]", "copy", "", run_sync},\n'
                '    Command{"queue", "[--search TEXT]", "the last "\n            "messages", "search=", run_queue},\n'
                '    Command{"mailbox", "list | add ADDRESS", "mailboxes", "quota= yes", run_mailbox},\n};\n')
        good = ("`tandemail sync`, `tandemail queue --search x`, tandemail anything\n```\ntm sync a@x.jp   # --no\n"
                "build/tandemail mailbox add a@x.jp --quota 1G > out --no\ntandemail version\n```\n`tandemail`\n")
        self.assertEqual(findings("commands", {"app/main.cpp": main, "a.md": good}), [])
        for bad in ("`tandemail doctor`", "`tandemail queue --full`", "`tandemail queue retry`", "```\ntm mailbox rename a\n```"):
            self.assertEqual(findings("commands", {"app/main.cpp": main, "a.md": bad + "\n"}),
                             [("a.md", 2 if bad.startswith("```") else 1)], bad)

    def test_decisions(self):
        page = {"docs/decisions/0001-a.md": "# 1. A thing\n"}
        index = {"docs/decisions/README.md": "| 1 | [A thing](0001-a.md) |\n"}
        self.assertEqual(findings("decisions", page | index), [])
        self.assertEqual(findings("decisions", page), [("docs/decisions/0001-a.md", 1)])

    def test_statements(self):
        def found(row, test):
            return findings("statements", {"docs/security.md": row + "\n", "tests/net/a.cpp": test})
        proven, other = 'TEST_CASE("T-01 x") {}\n', "int a;\n"
        self.assertEqual(found("| T-01 | Words. | `tests/net/a.cpp` | |", proven), [])
        self.assertEqual(found("| T-01 | Words. | | not yet: nobody did |", other), [])
        self.assertEqual(found("| T-01 | Words. | `tests/net/a.cpp` | not yet |", other), [("docs/security.md", 1)])
        self.assertEqual(found("| T-01 | Words. | | not yet |", proven), [("docs/security.md", 1)])
        self.assertEqual(found("| T-01 | Words. | | |", other), [("docs/security.md", 1)])
        self.assertEqual(found("| T-02 | Words. | | not yet |", proven), [("tests/net/a.cpp", 1)])

    def test_statements_are_written(self):
        with tempfile.TemporaryDirectory() as root:
            pathlib.Path(root, "docs").mkdir()
            pathlib.Path(root, "tests").mkdir()
            table = pathlib.Path(root, "docs/security.md")
            table.write_text("a\n| T-01 | Words. | `gone.cpp` | but |\nb\n")
            pathlib.Path(root, "tests/a.cpp").write_text('TEST_CASE("T-01 x") {}\n')
            documents.write_statements(checks.Tree(root, ["docs/security.md", "tests/a.cpp"]))
            self.assertEqual(table.read_text(), "a\n| T-01 | Words. | `tests/a.cpp` | but |\nb\n")

    def test_blanking_keeps_lines(self):
        text = 'a /* x\n y */ "q;{" R"(z\n)" // c\nb'
        self.assertEqual(cxx.blanked(text).count("\n"), text.count("\n"))
        self.assertNotIn("{", cxx.blanked(text))


if __name__ == "__main__":
    unittest.main()
