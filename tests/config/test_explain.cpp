// The table of keys and what is made from it.
#include <cstdlib>
#include <set>

#include <catch2/catch.hpp>

#include "config/explain.hpp"
#include "config/load.hpp"
#include "config/providers.hpp"
#include "tests/config/temp_folder.hpp"

namespace tandem::config {

TEST_CASE("every key is declared once, with help in both languages") {
  for (const auto file : {File::process, File::migration}) {
    std::set<std::string> keys;
    for (const auto& option : options(file)) {
      CAPTURE(option.key());
      CHECK(keys.insert(option.key()).second);
      CHECK_FALSE(option.type.empty());
      CHECK_FALSE(option.help.empty());
      CHECK_FALSE(option.help_ja.empty());
      CHECK(option.help.find('\n') == std::string_view::npos);
    }
  }
}

TEST_CASE("every key is explained") {
  const auto english = explain(Language::english);
  const auto japanese = explain(Language::japanese);
  for (const auto file : {File::process, File::migration})
    for (const auto& option : options(file)) {
      CHECK(english.find(fmt::format("  {}  (", option.name)) != std::string::npos);
      CHECK(english.find(option.help) != std::string::npos);
      CHECK(japanese.find(option.help_ja) != std::string::npos);
    }
}

TEST_CASE("the samples pass the parser, also with every key switched on") {
  CHECK(parse_process(sample(File::process), "tandemail.conf").problems.empty());
  CHECK(parse_migration(sample(File::migration), "sample.conf").problems.empty());
  for (const auto file : {File::process, File::migration}) {
    std::string text = sample(file);
    std::string all;
    for (const auto line : split(text, '\n')) {
      const bool commented_key = line.starts_with('#') && !line.starts_with("# ");
      all += std::string(commented_key ? line.substr(1) : line) + "\n";
    }
    for (const auto& problem : file == File::process ? parse_process(all, "t.conf").problems
                                                     : parse_migration(all, "t.conf").problems) {
      // Keys without default and example stand there empty: that is all there is to say.
      CAPTURE(problem.to_string());
      const bool left_open = problem.what.find("mpty") != std::string::npos ||
                             problem.what.find("not a URL") != std::string::npos ||
                             problem.what.find("\"\"") != std::string::npos ||
                             problem.what.find("same log-in") != std::string::npos;
      CHECK(left_open);
    }
  }
}

TEST_CASE("the presets named in the table are the ones there are") {
  std::string ids;
  for (const auto& provider : providers()) ids += (ids.empty() ? "" : ", ") + provider.id;
  for (const auto& option : options(File::migration))
    if (option.name == "provider") CHECK(option.limits == ids);
}

TEST_CASE("docs/configuration.md is what the table says") {
  const std::string path = std::string(TANDEM_SOURCE_DIR) + "/docs/configuration.md";
  const auto text = read_text(path);
  const std::string mark = "UPDATE_DOCS=1 test_config -->\n\n";
  const auto at = text.find(mark);
  REQUIRE(at != std::string::npos);
  const auto expected = text.substr(0, at + mark.size()) + reference_markdown();
  if (std::getenv("UPDATE_DOCS") != nullptr) std::ofstream(path, std::ios::binary) << expected;
  INFO("Run UPDATE_DOCS=1 test_config to write it anew.");
  const bool the_same = read_text(path) == expected;
  CHECK(the_same);
}

}  // namespace tandem::config
