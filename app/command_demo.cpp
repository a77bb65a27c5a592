// tandemail demo: the whole product on embedded parts. Needs no configuration, network or root.
#include <cstdlib>
#include <filesystem>
#include <fmt/core.h>
#include <string>
#include <unistd.h>

#include "app/command.hpp"
#include "app/demo/story.hpp"
#include "lib/base/log.hpp"
#include "lib/base/text.hpp"
#include "lib/net/signals.hpp"

namespace tandem::app {
namespace {

constexpr std::uint64_t letters_per_person = 40;

// A fresh directory, gone at the end.
class DemoDirectory {
 public:
  DemoDirectory() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "tandemail-demo-XXXXXX").string();
    if (::mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  ~DemoDirectory() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

net::Task<void> trickle(demo::Stage& stage, net::TaskGroup& group) {
  demo::Postman postman(stage);
  for (std::size_t i = 0; !group.stopping(); ++i) {
    if (!co_await net::sleep_for(std::chrono::seconds(3)) || group.stopping()) break;
    const auto route =
        i % 4 == 3 ? demo::RouteTaken::straight_to_old : demo::RouteTaken::through_tandemail;
    const auto sent = co_await postman.send(i % demo::people.size(), route);
    if (!sent) log::warning("W-DEMO-1", "{}", sent.error().to_string());
  }
}

void welcome(demo::Stage& stage) {
  Assembly& tandemail = stage.tandemail();
  fmt::print(
      "Tandemail demo: ten people move from an old provider to a new one.\n\n"
      "  The page     {}\n"
      "  IMAP         127.0.0.1:{} (TLS), {} (STARTTLS)\n"
      "  POP3         127.0.0.1:{} (TLS)\n"
      "  SMTP         127.0.0.1:{}\n"
      "  log in as    aoki@{} with the password {}\n\n"
      "A letter arrives every three seconds, some straight at the old provider. Try cut over and "
      "roll back.\nCtrl-C ends the demo and removes what it made.\n",
      tandemail.page_address(), tandemail.port_of("imaps"), tandemail.port_of("imap"),
      tandemail.port_of("pop3s"), tandemail.port_of("smtp"), demo::domain, demo::password);
  std::fflush(stdout);
}

net::Task<ExitCode> show(demo::Stage& stage, Threads& threads) {
  welcome(stage);
  net::TaskGroup& background = threads.group(0);
  background.spawn(trickle(stage, background));
  co_await net::wait_for_stop_signal();
  co_return ExitCode::done;
}

net::Task<ExitCode> check(demo::Stage& stage) {
  const auto tally = co_await demo::play(stage, letters_per_person);
  if (!tally) co_return report(tally.error());
  for (const auto& finding : tally->findings) fmt::print("  {}\n", finding);
  fmt::print("{}\n", tally->to_string());
  co_return tally->clean() ? ExitCode::done : ExitCode::failed;
}

net::Task<void> run(demo::Stage& stage, Threads& threads, bool unattended, ExitCode& code) {
  co_await threads.begin();
  const auto opened = co_await stage.open();
  if (!opened) {
    code = report(opened.error());
  } else if (unattended) {
    code = co_await check(stage);
  } else {
    code = co_await show(stage, threads);
  }
  co_await stage.close();
}

}  // namespace

ExitCode run_demo(const Arguments& arguments) {
  const bool unattended = arguments.has("check");
  const auto port = parse_number(arguments.get("port", "0"));
  if (!port || *port > 65535) return ExitCode::usage;
  const DemoDirectory directory;
  if (directory.path().empty())
    return report({.kind = ErrorKind::storage, .what = "cannot make a temporary directory"});
  log::start(arguments.has("verbose") ? log::Level::debug : log::Level::warning);
  net::Runtime runtime(2);
  Threads threads(runtime);
  auto stage = demo::Stage::set(threads, {.directory = directory.path(),
                                          .letters_per_person = letters_per_person,
                                          .web_port = static_cast<std::uint16_t>(*port)});
  if (!stage) return report(stage.error());
  ExitCode code = ExitCode::done;
  runtime.run(run(**stage, threads, unattended, code));
  stage->reset();  // the stores, before the io threads' contexts
  return code;
}

}  // namespace tandem::app
