// main: finds the command in the table and runs it. What a command does is in app/command_NAME.cpp.
#include <array>
#include <exception>
#include <fmt/core.h>
#include <sys/resource.h>

#include "app/command.hpp"

namespace tandem::app {
namespace {

constexpr std::array commands = {
    Command{"serve", "", "run everything: gateway, proxy, sync, server and page", "", run_serve},
    Command{"import", "FILE [--migration NAME]",
            "read accounts from a CSV file, as Excel writes it", "migration=", run_import},
    Command{"accounts", "[--migration NAME]", "list the accounts with phase and log-ins",
            "migration=", run_accounts},
    Command{"check", "[ACCOUNT…] [--folders] [--certificates]",
            "log in on both sides, look at our certificates (--certificates: at them alone) and "
            "say what stands in the way; of accounts that are named (--folders: of all) also what "
            "becomes of each folder; copies nothing",
            "folders certificates", run_check},
    Command{"canary", "ACCOUNT [--from SENDER] [--client ADDRESS]",
            "send a test message through the gateway and say where and how it arrived",
            "from= client=", run_canary},
    Command{"mailbox", "list | add ADDRESS | passwd ADDRESS | … [--password-file FILE]",
            "the mailboxes of the built-in server, while it is stopped",
            "password-file= quota= recoverable yes", run_mailbox},
    Command{"status", "[--watch] [ACCOUNT…]",
            "how far everything is, and who needs you; of an account, what was not copied", "watch",
            run_status},
    Command{"sync", "[--once] [ACCOUNT…]",
            "copy now; copying begins where it has not begun (--once: one pass, without a server)",
            "once", run_sync},
    Command{"verify", "[--full] [ACCOUNT…]",
            "read both sides again, compare, and name what differs (--full: whole messages)",
            "full", run_verify},
    Command{"pause", "[ACCOUNT…]", "stop copying; mail is still delivered and mirrored", "",
            run_pause},
    Command{"resume", "[ACCOUNT…]", "go on copying", "", run_resume},
    Command{"cutover", "ACCOUNT… | --all [--simulate] [--yes]", "move accounts to the new side",
            "all simulate yes", run_cutover},
    Command{"rollback", "ACCOUNT… | --all [--simulate] [--yes]",
            "move accounts back to the old side", "all simulate yes", run_rollback},
    Command{"skipped", "[ACCOUNT…] | save ACCOUNT ID [--to FILE] | retry ACCOUNT [ID…]",
            "what was not copied, and why; save such a message as a file; have it tried again",
            "to=", run_skipped},
    Command{"deletions", "[ACCOUNT…] | allow|refuse ACCOUNT [FOLDER] | undo ACCOUNT [ID…]",
            "what was removed on the other side too, and what waits for a decision; bring it back",
            "", run_deletions},
    Command{"export", "ACCOUNT… | --all --side old|new --to FOLDER [--format maildir|mbox]",
            "write mailboxes to files, over IMAP; again: only what is new",
            "all side= to= format=", run_export},
    Command{"load", "ACCOUNT --side old|new --from PATH [--folder NAME]",
            "bring mail from files (Maildir, mbox) into a mailbox; again: nothing twice",
            "side= from= folder=", run_load},
    Command{"deliveries", "[TEXT]",
            "did my mail arrive? by sender, recipient, Message-ID or trace id", "", run_deliveries},
    Command{"queue", "[retry|drop TRACE [RECIPIENT] --reason TEXT]",
            "what waits in the gateway; try it now, or give it up", "reason=", run_queue},
    Command{"report", "[--format html|csv|messages-csv|json] [--language en|ja]",
            "how the move stands and what was not copied, as a file: > report.html",
            "format= language=", run_report},
    Command{"explain", "TEXT | - | --file FILE [--host NAME] [--provider ID] [--language en|ja]",
            "what a server's words or a whole bounce mean, and what to do",
            "file= host= provider= language=", run_explain},
    Command{"dns", "", "the DNS records to publish, so that mail programs find Tandemail", "",
            run_dns},
    Command{"clients", "[TEXT] | setup [ADDRESS] | autoconfig DOMAIN",
            "what people read their mail with, and what programs are told to set themselves up", "",
            run_clients},
    Command{"user", "[NAME [--role operator|viewer] [--password-file FILE]]",
            "who may log in to the page: list, add, set a password",
            "role= password-file=", run_user},
    Command{"config", "--check | --explain [--ja] | --sample | --sample-migration",
            "check the configuration, explain every key, print sample files",
            "check explain sample sample-migration ja", run_config},
    Command{"demo", "[--check] [--port N]", "try it all on embedded parts (--check: unattended)",
            "check port= verbose", run_demo},
};

// Secrets pass through the memory of most commands: no core is ever written (I4).
void forbid_core() {
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
}

void print_usage(std::FILE* to) {
  fmt::print(to, "usage: tandemail COMMAND [--config FILE] [--json] …\n\n");
  for (const Command& command : commands)
    fmt::print(to, "  {:<10} {}\n             {}\n", command.name, command.arguments, command.help);
  fmt::print(to, "  {:<10}\n             the version\n", "version");
  fmt::print(to, "\nExit codes: 0 done, 1 failed, 2 usage, 3 done with notes, 4 needs you.\n");
}

ExitCode dispatch(const std::vector<std::string>& words) {
  if (words.empty() || words[0] == "help" || words[0] == "--help") {
    print_usage(words.empty() ? stderr : stdout);
    return words.empty() ? ExitCode::usage : ExitCode::done;
  }
  if (words[0] == "--version" || words[0] == "version") {
    fmt::print("tandemail {}\n", TANDEM_VERSION);
    return ExitCode::done;
  }
  for (const Command& command : commands) {
    if (command.name != words[0]) continue;
    const auto arguments = parse_arguments(command, {words.begin() + 1, words.end()});
    if (!arguments) {
      report(arguments.error());
      return ExitCode::usage;
    }
    if (arguments->has("help")) {
      fmt::print("usage: tandemail {} {}\n{}\n", command.name, command.arguments, command.help);
      return ExitCode::done;
    }
    return command.run(*arguments);
  }
  fmt::print(stderr, "tandemail: there is no command '{}'\n\n", words[0]);
  print_usage(stderr);
  return ExitCode::usage;
}

}  // namespace
}  // namespace tandem::app

int main(int argc, char** argv) {
  tandem::app::forbid_core();
  try {
    const std::vector<std::string> words(argv + 1, argv + argc);
    return static_cast<int>(tandem::app::dispatch(words));
  } catch (const std::exception& bug) {
    fmt::print(stderr, "tandemail: stopped by a fault of its own: {}\n", bug.what());
    return static_cast<int>(tandem::app::ExitCode::failed);
  }
}
