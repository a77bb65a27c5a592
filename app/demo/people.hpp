// Who takes part in the demo: ten people of a small company, each with a mailbox at both providers.
#pragma once

#include <array>
#include <string_view>

namespace tandem::app::demo {

inline constexpr std::string_view domain = "aozora.example";
inline constexpr std::string_view password = "demo-password";

struct Person {
  std::string_view local;     // before the @
  std::string_view name;      // as in From
  std::string_view japanese;  // 名前
};

inline constexpr std::array<Person, 10> people = {{
    {"aoki", "Haruka Aoki", "青木 遥"},
    {"baba", "Kenta Baba", "馬場 健太"},
    {"chiba", "Mio Chiba", "千葉 澪"},
    {"doi", "Sota Doi", "土井 颯太"},
    {"endo", "Yui Endo", "遠藤 結衣"},
    {"fujita", "Ren Fujita", "藤田 蓮"},
    {"goto", "Aya Goto", "後藤 彩"},
    {"hara", "Takumi Hara", "原 拓海"},
    {"info", "Aozora Office", "青空商事 受付"},
    {"sales", "Aozora Sales", "青空商事 営業"},
}};

}  // namespace tandem::app::demo
