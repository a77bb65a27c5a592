// The dialogues of tests/server/dialogues, each on a server of its own, whole and byte by byte.
#include <algorithm>
#include <fstream>
#include <sstream>

#include "tests/server/hall.hpp"

namespace tandem::server::test {
namespace {

std::vector<std::string> dialogue_files() {
  std::vector<std::string> files;
  for (const auto& entry :
       std::filesystem::directory_iterator(TANDEM_SOURCE_DIR "/tests/server/dialogues"))
    if (entry.path().extension() == ".txt") files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

std::string content(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void run_all(std::size_t capacity) {
  const auto files = dialogue_files();
  REQUIRE(files.size() >= 6);
  for (const std::string& path : files) {
    INFO(path);
    Hall hall;
    hall.net.run(talk(hall, content(path), capacity));
  }
}

}  // namespace

TEST_CASE("imap dialogues: whole") {
  run_all(65536);
}
TEST_CASE("imap dialogues: one byte at a time") {
  run_all(1);
}

}  // namespace tandem::server::test
