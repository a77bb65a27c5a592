#include "config/account_columns.hpp"

#include <array>
#include <string>

#include "config/edit_distance.hpp"
#include "lib/base/text.hpp"

namespace tandem::config {
namespace {

struct Synonym {
  std::string_view name;  // compared by plain_name()
  Column column;
};

constexpr Synonym synonyms[] = {
    {"address", Column::address},
    {"email", Column::address},
    {"emailaddress", Column::address},
    {"mail", Column::address},
    {"mailaddress", Column::address},
    {"メールアドレス", Column::address},
    {"アドレス", Column::address},
    {"メール", Column::address},
    {"old_login", Column::old_login},
    {"olduser", Column::old_login},
    {"旧ログイン", Column::old_login},
    {"旧ログイン名", Column::old_login},
    {"旧ログインid", Column::old_login},
    {"旧ユーザー名", Column::old_login},
    {"旧ユーザ名", Column::old_login},
    {"旧アカウント", Column::old_login},
    {"移行元ログイン", Column::old_login},
    {"移行元ユーザー名", Column::old_login},
    {"old_password", Column::old_password},
    {"旧パスワード", Column::old_password},
    {"移行元パスワード", Column::old_password},
    {"new_login", Column::new_login},
    {"newuser", Column::new_login},
    {"新ログイン", Column::new_login},
    {"新ログイン名", Column::new_login},
    {"新ログインid", Column::new_login},
    {"新ユーザー名", Column::new_login},
    {"新ユーザ名", Column::new_login},
    {"新アカウント", Column::new_login},
    {"移行先ログイン", Column::new_login},
    {"移行先ユーザー名", Column::new_login},
    {"new_password", Column::new_password},
    {"新パスワード", Column::new_password},
    {"移行先パスワード", Column::new_password},
    {"note", Column::note},
    {"notes", Column::note},
    {"comment", Column::note},
    {"remarks", Column::note},
    {"備考", Column::note},
    {"メモ", Column::note},
    {"注記", Column::note},
};

constexpr std::array<std::string_view, column_count> column_names = {
    "address", "old_login", "old_password", "new_login", "new_password", "note"};
static_assert(column_names.size() == column_count);

// Without blanks (the ideographic one too), hyphens and underscores; ASCII in lower case.
std::string plain_name(std::string_view header) {
  constexpr std::string_view ideographic_space = "\u3000";
  std::string name = lower(trim(header));
  for (auto at = name.find(ideographic_space); at != std::string::npos;
       at = name.find(ideographic_space))
    name.erase(at, ideographic_space.size());
  std::erase_if(name, [](char c) { return c == ' ' || c == '-' || c == '_'; });
  return name;
}

}  // namespace

std::string_view name_of(Column column) {
  return column_names[static_cast<std::size_t>(column)];
}

bool is_password(Column column) {
  return column == Column::old_password || column == Column::new_password;
}

std::optional<Column> column_of(std::string_view header) {
  const auto name = plain_name(header);
  for (const auto& synonym : synonyms)
    if (plain_name(synonym.name) == name) return synonym.column;
  return std::nullopt;
}

std::optional<Column> nearly_column(std::string_view header) {
  const auto name = plain_name(header.substr(0, 40));
  for (std::size_t i = 0; i < column_count; ++i)
    if (edit_distance(name, plain_name(column_names[i])) <= name.size() / 4) return Column(i);
  return std::nullopt;
}

}  // namespace tandem::config
