// tandemail serve: everything, until SIGINT or SIGTERM.
#include <algorithm>
#include <fmt/core.h>
#include <sys/resource.h>
#include <thread>

#include "app/assembly.hpp"
#include "app/command.hpp"
#include "app/configuration.hpp"
#include "lib/base/log.hpp"
#include "lib/net/signals.hpp"

namespace tandem::app {
namespace {

// Every session is a descriptor.
void raise_limits() {
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
  }
}

std::size_t thread_count(const config::ProcessSettings& settings) {
  if (settings.threads > 0) return settings.threads;
  return std::max(1U, std::thread::hardware_concurrency());
}

void announce(const Assembly& assembly) {
  for (const Bound& bound : assembly.bound())
    fmt::print("{:<12} {}:{}\n", bound.service, bound.address, bound.port);
  fmt::print("\nOpen the page: {}\n", assembly.page_address());
  std::fflush(stdout);
}

net::Task<void> run(Threads& threads, Assembly& assembly, ExitCode& code) {
  co_await threads.begin();
  const auto started = co_await assembly.start();
  if (!started) {
    code = report(started.error());
  } else {
    announce(assembly);
    const int signal = co_await net::wait_for_stop_signal();
    log::info("I-SERVE-1", "stopping on signal {}", signal);
  }
  const bool clean = co_await assembly.stop();
  if (!clean && code == ExitCode::done) code = ExitCode::done_with_notes;
}

}  // namespace

ExitCode run_serve(const Arguments& arguments) {
  raise_limits();
  const auto environment = config::take_secret_environment();
  auto configuration = load(arguments);
  if (!configuration) return report(configuration.error());
  const config::ProcessSettings& process = configuration->process;
  log::start(process.log.level, process.log.file);
  auto secrets = config::open_secret_box(process.secrets_key, process.data, environment);
  if (!secrets) return report(secrets.error());

  net::Runtime runtime(thread_count(process));
  Threads threads(runtime);
  auto assembly = Assembly::open(threads, std::move(*configuration), std::move(*secrets), "serve");
  if (!assembly) return report(assembly.error());
  ExitCode code = ExitCode::done;
  runtime.run(run(threads, **assembly, code));
  assembly->reset();  // the stores, before the io threads' contexts
  return code;
}

}  // namespace tandem::app
