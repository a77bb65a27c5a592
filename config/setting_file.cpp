#include "config/setting_file.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <sstream>

#include <boost/program_options/errors.hpp>
#include <boost/program_options/options_description.hpp>
#include <boost/program_options/parsers.hpp>
#include <boost/program_options/value_semantic.hpp>

#include "lib/base/text.hpp"

namespace tandem::config {
namespace {

namespace po = boost::program_options;

constexpr std::size_t size_limit = 1U << 20;

po::options_description describe(File file) {
  po::options_description description;
  for (const auto& option : options(file))
    description.add_options()(option.key().c_str(), po::value<std::vector<std::string>>(),
                              std::string(option.help).c_str());
  return description;
}

// The lines of `text`, whatever ends them.
std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = std::min(text.find_first_of("\r\n"), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end);
    if (text.starts_with("\r\n"))
      text.remove_prefix(2);
    else if (!text.empty())
      text.remove_prefix(1);
  }
  return lines;
}

class Reader {
 public:
  Reader(SettingFile& out, File file) : out_(out), file_(file), description_(describe(file)) {}

  void line(std::string_view text) {
    ++number_;
    const auto content = trim(text.substr(0, text.find('#')));
    if (content.starts_with('[')) {
      section(content);
      return;
    }
    try {
      std::istringstream stream(section_.empty() ? std::string(text)
                                                 : fmt::format("[{}]\n{}", section_, text));
      for (const auto& option : po::parse_config_file(stream, description_, true).options)
        take(option);
    } catch (const po::error&) {
      out_.error(number_, "This line is neither [section] nor key = value.",
                 "Correct it, or put # in front to make it a comment.");
    }
  }

 private:
  void section(std::string_view content) {
    section_ = trim(content.substr(1, content.find(']') - 1));
    if (content.back() != ']') {
      out_.error(number_, "The section's name is not closed.", "Write it like [listen].");
      return;
    }
    const auto known = [this](const Option& option) { return option.section == section_; };
    if (!std::ranges::any_of(options(file_), known)) unknown_section();
  }

  // One problem for the section; its keys would only repeat it.
  void unknown_section() {
    std::string names;
    for (const auto& option : options(file_))
      if (!option.section.empty() && names.find(fmt::format("[{}]", option.section)) == names.npos)
        names += fmt::format("{}[{}]", names.empty() ? "" : ", ", option.section);
    out_.error(number_, fmt::format("There is no section [{}].", printable(section_, 60)),
               fmt::format("Sections of this file are {}.", names));
    skipping_ = section_;
  }

  void take(const po::option& option) {
    if (!section_.empty() && section_ == skipping_) return;
    const auto& key = option.string_key;
    if (option.unregistered) {
      unknown_key(key);
      return;
    }
    if (const auto earlier = out_.line_of(key); earlier != 0 && !is_repeatable(key))
      out_.error(number_, fmt::format("{} stands already in line {}.", key, earlier),
                 "Remove one of the two.");
    out_.settings.push_back(
        {key, option.value.empty() ? std::string{} : option.value.front(), number_});
  }

  [[nodiscard]] bool is_repeatable(std::string_view key) const {
    return std::ranges::any_of(options(file_), [key](const Option& option) {
      return option.repeatable && option.key() == key;
    });
  }

  void unknown_key(const std::string& key) {
    const auto near = nearest_key(file_, key);
    out_.error(number_, fmt::format("There is no key \"{}\".", printable(key, 80)),
               near.empty() ? "tandemail config --explain lists all keys."
                            : fmt::format("Did you mean {}?", near));
  }

  SettingFile& out_;
  File file_;
  po::options_description description_;
  std::string section_;
  std::string skipping_;
  unsigned number_ = 0;
};

}  // namespace

unsigned SettingFile::line_of(std::string_view key) const {
  unsigned line = 0;
  for (const auto& setting : settings)
    if (setting.key == key) line = setting.line;
  return line;
}

void SettingFile::error(unsigned line, std::string what, std::string cure) {
  problems.push_back(
      {.file = name, .line = line, .what = std::move(what), .cure = std::move(cure)});
}

void SettingFile::warning(unsigned line, std::string what, std::string cure) {
  problems.push_back({.severity = Severity::warning,
                      .file = name,
                      .line = line,
                      .what = std::move(what),
                      .cure = std::move(cure)});
}

SettingFile read_settings(std::string_view text, const std::string& name, File file) {
  SettingFile out{.name = name};
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (text.size() > size_limit) {
    out.error(0, "The file is larger than 1 MiB.", "Is it the right file?");
    return out;
  }
  if (!is_utf8(text) || text.find('\0') != text.npos) {
    out.error(0, "The file is not UTF-8 text.", "Save it with the encoding UTF-8.");
    return out;
  }
  Reader reader(out, file);
  for (const auto line : lines_of(text)) reader.line(line);
  return out;
}

}  // namespace tandem::config
