#include "config/explain.hpp"

#include <fmt/format.h>

#include "config/providers.hpp"
#include "lib/base/text.hpp"

namespace tandem::config {
namespace {

std::string_view title(File file) {
  return file == File::process ? "tandemail.conf" : "migrations/NAME.conf";
}

std::string_view help_of(const Option& option, Language language) {
  return language == Language::english ? option.help : option.help_ja;
}

// "number, 0 to 256, default 0, repeatable"
std::string facts(const Option& option, Language language) {
  const bool english = language == Language::english;
  std::string text(option.type);
  if (!option.limits.empty()) text += fmt::format("; {}", option.limits);
  if (!option.fallback.empty())
    text += fmt::format("; {} {}", english ? "default" : "既定値", option.fallback);
  if (option.repeatable) text += english ? "; repeatable" : "; 複数可";
  return text;
}

std::string section_line(const Option& option, std::string_view& section) {
  if (option.section == section) return {};
  section = option.section;
  return fmt::format("\n[{}]\n", section);
}

std::string_view sample_value(const Option& option) {
  return option.example.empty() ? option.fallback : option.example;
}

// The keys that a first file needs are set; the others are shown as comments.
bool is_set_in_sample(File file, const Option& option) {
  if (file == File::process) return option.key() == "data" || option.key() == "hostname";
  const auto key = option.key();
  return key == "domain" || key == "old.provider" || key == "old.host" || key == "new.provider";
}

std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
  return out;
}

std::string code(std::string_view text) {
  return text.empty() ? std::string{} : fmt::format("`{}`", text);
}

std::string table_row(const Option& option) {
  const auto type =
      option.repeatable ? fmt::format("{}, repeatable", option.type) : std::string(option.type);
  return fmt::format("| `{}` | {} | {} | {} | {} | {} |\n", option.key(), type,
                     code(option.fallback), cell(option.limits), cell(option.help),
                     cell(option.help_ja));
}

std::string_view letter(Confidence confidence) {
  return confidence == Confidence::high ? "H" : "M";
}

// One preset: what it fills in and what is worth knowing, each with its confidence.
std::string preset_section(const Provider& provider) {
  std::string text =
      fmt::format("### `{}`: {} / {}\n\n", provider.id, provider.name.en, provider.name.ja);
  if (provider.needs_host)
    text += fmt::format("`host` is required: {} / {}\n\n", provider.host_hint.en,
                        provider.host_hint.ja);
  for (const auto& [name, url] : provider.endpoints)
    text += fmt::format("- {} `{}` ({})\n", name, url.value, letter(url.confidence));
  text +=
      fmt::format("- login `{}` ({})\n", provider.login.value, letter(provider.login.confidence));
  for (const auto& [name, fact] : {std::pair{"download_per_day", provider.download_per_day},
                                   std::pair{"upload_per_day", provider.upload_per_day}})
    if (fact.value != 0)
      text += fmt::format("- {} `{}` ({})\n", name, fact.value, letter(fact.confidence));
  if (const auto& fact = provider.connections_per_address; fact.value != 0)
    text +=
        fmt::format("- connections_per_address `{}` ({})\n", fact.value, letter(fact.confidence));
  for (const auto& note : provider.notes)
    text += fmt::format("- {} / {} ({})\n", note.text.en, note.text.ja, letter(note.confidence));
  return text + "\n";
}

std::string presets_markdown() {
  std::string text =
      "## Presets\n\nWhat `provider = …` fills in; any key of the file overrides it, and `check` "
      "probes "
      "it. Each fact\ncarries its confidence: H, the provider's own documentation; M, several "
      "independent "
      "sources.\n\n";
  for (const auto& provider : providers()) text += preset_section(provider);
  return text;
}

}  // namespace

std::string explain(Language language) {
  std::string text;
  for (const auto file : {File::process, File::migration}) {
    text += fmt::format("{}{}\n", text.empty() ? "" : "\n", title(file));
    std::string_view section;
    for (const auto& option : options(file)) {
      text += section_line(option, section);
      text += fmt::format("  {}  ({})\n      {}\n", option.name, facts(option, language),
                          help_of(option, language));
    }
  }
  return text;
}

std::string sample(File file) {
  std::string text = fmt::format("# {}: every key; # starts a comment.\n", title(file));
  std::string_view section;
  for (const auto& option : options(file)) {
    text += section_line(option, section);
    const auto line = fmt::format("{} = {}", option.name, sample_value(option));
    text += fmt::format("# {} ({})\n# {}\n", option.help, facts(option, Language::english),
                        option.help_ja);
    text += fmt::format("{}{}\n", is_set_in_sample(file, option) ? "" : "#", trim(line));
  }
  return text;
}

std::string reference_markdown() {
  std::string text;
  for (const auto file : {File::process, File::migration}) {
    text += fmt::format(
        "## {}\n\n| Key | Type | Default | Unit, limits | What it does | 説明 |\n"
        "|---|---|---|---|---|---|\n",
        title(file));
    for (const auto& option : options(file)) text += table_row(option);
    text += "\n";
  }
  text += presets_markdown();
  text.pop_back();  // the file ends with one line end
  return text;
}

}  // namespace tandem::config
