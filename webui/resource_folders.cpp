// /api/folders/{address}: what becomes of each folder of one account, looked at now.
#include <boost/json.hpp>

#include "migration/folder_preview.hpp"
#include "migration/registry.hpp"
#include "webui/json.hpp"
#include "webui/resources.hpp"

namespace tandem::webui {
namespace json = boost::json;
using migration::NameChange;
using migration::PlannedFolder;
using migration::Sharing;

namespace {

json::value describe(const std::optional<Sharing>& sharing) {
  if (!sharing) return nullptr;
  json::array grants;
  for (const migration::Grant& one : sharing->grants) {
    json::array may;
    for (const migration::May right : one.may) may.emplace_back(name_of(right));
    grants.push_back(json::object{{"who", name_of(one.who)},
                                  {"name", text_or_null(clean(one.name, 200))},
                                  {"denied", one.denied},
                                  {"may", std::move(may)},
                                  {"rights", clean(one.rights)}});
  }
  return json::object{{"grants", std::move(grants)}, {"more", sharing->more}};
}

json::object describe(const PlannedFolder& folder) {
  json::object told{{"name", clean(folder.name)},
                    {"messages", nullptr},
                    {"left_out", nullptr},
                    {"other_name", nullptr},
                    {"exists", folder.exists},
                    {"rule", nullptr},
                    {"change", nullptr},
                    {"line", text_or_null(clean(folder.line))},
                    {"unheeded_line", text_or_null(clean(folder.unheeded_line))},
                    {"sharing", describe(folder.sharing)}};
  if (folder.messages) told["messages"] = *folder.messages;
  if (folder.left_out) {
    told["left_out"] = name_of(*folder.left_out);
    return told;
  }
  told["other_name"] = clean(folder.other_name);
  told["rule"] = name_of(folder.by);
  if (folder.change != NameChange::none) told["change"] = name_of(folder.change);
  return told;
}

}  // namespace

Task<HttpResponse> get_folders(Context& context, const Request& request) {
  const auto routes = context.parts.registry.routes();
  const migration::Account* account = routes->account(request.argument);
  if (account == nullptr)
    co_return reply_error({.kind = ErrorKind::not_found, .what = "There is no such account."});
  const auto preview = co_await context.parts.folders.preview_folders(account->id);
  if (!preview) co_return reply_error(preview.error());
  json::array folders;
  for (const PlannedFolder& one : preview->folders) folders.push_back(describe(one));
  co_return reply_json(json::serialize(json::object{{"address", request.argument},
                                                    {"home", name_of(preview->home)},
                                                    {"folders", std::move(folders)}}));
}

}  // namespace tandem::webui
