// BatchCheckDeviceNames (apis: Alibaba Cloud IoT, 2018-01-20). Form, nicknames and repetition are checked at once and
// refused with lists; names that the product has already are found by the batch's own check, a little later. Which is
// checked when is assumed: the page only says that an ApplyId is given once the names meet the requirements.
#include <string>
#include <unordered_map>
#include <utility>

#include "bridge/actions/checks.h"
#include "wire/identifiers.h"

namespace fleet::bridge {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kNamesMax = 10'000;     // API page
constexpr std::size_t kX509NamesMax = 1'000;  // API page: products whose devices show a certificate

// Members of DeviceNameList.N in the order of the table.
constexpr std::size_t kName = 0;
constexpr std::size_t kNickname = 1;

// The names of the call: DeviceNameList.N where there is any, else DeviceName.N; what is beyond the limit is dropped
// without a word (API page).
std::vector<NewDevice> names_of(const ActionContext& context, std::size_t max) {
  std::vector<NewDevice> names;
  if (!context.items.empty()) {
    names.reserve(std::min(max, context.items.size()));
    for (const StructItem& item : context.items) {
      if (names.size() == max) break;
      names.push_back({.name = item.members[kName], .nickname = item.members[kNickname]});
    }
    return names;
  }
  names.reserve(std::min(max, context.list.size()));
  for (const std::string_view name : context.list) {
    if (names.size() == max) break;
    names.push_back({.name = name});
  }
  return names;
}

// What is wrong with the names.
struct Refused {
  Json names = Json::array();
  Json nicknames = Json::array();
  Json repeated = Json::array();  // each once
  Json details = Json::array();   // of the first two

  [[nodiscard]] bool any() const { return !names.empty() || !nicknames.empty() || !repeated.empty(); }

  // Data of the answer: the lists that are not empty.
  [[nodiscard]] Json data() && {
    Json data = Json::object();
    if (!names.empty()) data["InvalidDeviceNameList"]["InvalidDeviceName"] = std::move(names);
    if (!nicknames.empty()) data["InvalidDeviceNicknameList"]["InvalidDeviceNickname"] = std::move(nicknames);
    if (!repeated.empty()) data["RepeatedDeviceNameList"]["RepeatedDeviceName"] = std::move(repeated);
    if (!details.empty()) data["InvalidDetailList"]["InvalidDetailList"] = std::move(details);
    return data;
  }
};

// One illegal name or nickname. The first text is the page's, the second made like it.
void add_detail(const NewDevice& device, bool bad_name, bool bad_nickname, Json& details) {
  Json detail;
  detail["DeviceName"] = std::string(device.name);
  if (!device.nickname.empty()) detail["NickName"] = std::string(device.nickname);
  std::string message;
  if (bad_name) message = "The device name is illegal.";
  if (bad_nickname) message.append(bad_name ? "|" : "").append("The nick name is illegal.");
  detail["ErrorMsg"] = std::move(message);
  details.push_back(std::move(detail));
}

Refused check(const std::vector<NewDevice>& names) {
  Refused refused;
  std::unordered_map<std::string_view, bool> told;  // name -> its repetition was told
  told.reserve(names.size());
  for (const NewDevice& device : names) {
    const bool bad_name = !wire::is_device_name(device.name);
    // An empty nickname counts as none, as everywhere.
    const bool bad_nickname = !device.nickname.empty() && !is_nickname(device.nickname);
    if (bad_name) refused.names.push_back(std::string(device.name));
    if (bad_nickname) refused.nicknames.push_back(std::string(device.nickname));
    if (bad_name || bad_nickname) add_detail(device, bad_name, bad_nickname, refused.details);
    const auto [place, first] = told.try_emplace(device.name, false);
    if (!first && !std::exchange(place->second, true)) refused.repeated.push_back(std::string(device.name));
  }
  return refused;
}

}  // namespace

ActionResult run_batch_check_device_names(ActionContext& context) {
  const auto product = find_product(context, context.text("ProductKey"));
  if (!product) return UnexpectedFailure(product.error());
  const std::vector<NewDevice> names = names_of(context, (*product)->x509() ? kX509NamesMax : kNamesMax);
  if (names.empty()) return UnexpectedFailure(business::kNoneDeviceNameElement);

  if (Refused refused = check(names); refused.any()) {
    // The code for names that are only repeated is assumed.
    const bool names_too = !refused.names.empty() || !refused.repeated.empty();
    return UnexpectedFailure(
        ActionFailure(names_too ? business::kInvalidDeviceNameExisted : business::kInvalidDeviceNicknameExisted,
                      {{"Data", std::move(refused).data()}}));
  }
  const auto apply_id = context.registry.begin_check((*product)->key(), names, context.moment);
  if (!apply_id && apply_id.error() == RegistryFault::full) return UnexpectedFailure(business::kApplyManyDevicesFailed);
  if (!apply_id) return UnexpectedFailure(error_of(apply_id.error()));
  return ActionOutcome{.fields = {{"Data", {{"ApplyId", *apply_id}}}}};
}

}  // namespace fleet::bridge
