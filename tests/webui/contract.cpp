#include "tests/webui/contract.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <vector>

#include <catch2/catch.hpp>

namespace tandem::test {
namespace json = boost::json;
namespace {

const json::value& api() {
  static const json::value read = [] {
    std::ifstream file(std::string(TANDEM_SOURCE_DIR) + "/webui/openapi.json");
    REQUIRE(file);
    return json::parse(std::string{std::istreambuf_iterator<char>(file), {}});
  }();
  return read;
}

std::string type_of(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null: return "null";
    case json::kind::bool_: return "boolean";
    case json::kind::int64:
    case json::kind::uint64: return "integer";
    case json::kind::double_: return "number";
    case json::kind::string: return "string";
    case json::kind::array: return "array";
    case json::kind::object: return "object";
  }
  return "";
}

bool has_type(const json::value& types, const std::string& type) {
  if (types.is_string()) return types.get_string() == type;
  return std::ranges::any_of(types.as_array(),
                             [&](const json::value& one) { return one.as_string() == type; });
}

std::string object_faults(const json::object& schema, const json::object& value,
                          const std::string& path) {
  std::string found;
  if (const auto* required = schema.if_contains("required"))
    for (const auto& name : required->as_array())
      if (!value.contains(name.as_string()))
        found += path + "." + std::string(name.as_string()) + ": missing\n";
  const auto* properties = schema.if_contains("properties");
  for (const auto& member : value) {
    const std::string where = path + "." + std::string(member.key());
    const auto* part =
        properties == nullptr ? nullptr : properties->as_object().if_contains(member.key());
    found +=
        part == nullptr ? where + ": not in the contract\n" : faults(*part, member.value(), where);
  }
  return found;
}

std::string any_of_faults(const json::array& choices, const json::value& value,
                          const std::string& path) {
  std::string all;
  for (const auto& one : choices) {
    const std::string found = faults(one, value, path);
    if (found.empty()) return "";
    all += found;
  }
  return all;
}

}  // namespace

const json::value& component(std::string_view name) {
  return api().at("components").at("schemas").at(name);
}

const json::value& answer_of(std::string_view path, std::string_view method) {
  return api()
      .at("paths")
      .at(path)
      .at(method)
      .at("responses")
      .at("200")
      .at("content")
      .at("application/json")
      .at("schema");
}

const json::value& event_schema(std::string_view name) {
  return api().at("paths").at("/api/events").at("get").at("x-events").at(name);
}

std::string faults(const json::value& schema, const json::value& value, const std::string& path) {
  const json::object& rules = schema.as_object();
  if (const auto* ref = rules.if_contains("$ref")) {
    const std::string_view target = ref->as_string();
    return faults(component(target.substr(target.rfind('/') + 1)), value, path);
  }
  if (const auto* choices = rules.if_contains("anyOf"))
    return any_of_faults(choices->as_array(), value, path);
  if (const auto* allowed = rules.if_contains("enum"))
    if (std::ranges::find(allowed->as_array(), value) == allowed->as_array().end())
      return path + ": " + json::serialize(value) + " is not allowed\n";
  if (const auto* types = rules.if_contains("type"); types && !has_type(*types, type_of(value)))
    return path + ": " + type_of(value) + "\n";
  if (value.is_object()) return object_faults(rules, value.get_object(), path);
  std::string found;
  if (value.is_array())
    for (const auto& one : value.get_array()) found += faults(rules.at("items"), one, path + "[]");
  if (value.is_string() && rules.contains("format") &&
      (value.get_string().size() != 20 || !value.get_string().ends_with("Z")))
    found += path + ": no time in UTC\n";
  return found;
}

}  // namespace tandem::test
