// What follows BatchCheckDeviceNames, and registration under random names: the apply batches of the registry as the API
// pages of these actions show them.
#include <charconv>
#include <optional>

#include "bridge/actions/checks.h"

namespace fleet::bridge {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint32_t kCountMax = 10'000;  // API page

// Parameter ApplyId: a positive long.
std::optional<std::uint64_t> apply_id_of(const ActionContext& context) {
  const std::string_view text = context.text("ApplyId");
  std::uint64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  constexpr std::uint64_t kLongMax = 0x7fff'ffff'ffff'ffff;
  if (error != std::errc{} || end != text.data() + text.size() || id == 0 || id > kLongMax) return {};
  return id;
}

Json name_list(const std::vector<std::string_view>& names) {
  Json list = Json::array();
  for (const std::string_view name : names) list.push_back(std::string(name));
  return {{"Name", std::move(list)}};
}

Json details_of(const std::vector<std::string_view>& names) {
  Json list = Json::array();
  for (const std::string_view name : names) {
    list.push_back({{"DeviceName", std::string(name)}, {"ErrorMsg", business::kAlreadyExistedDeviceName.message}});
  }
  return {{"invalidDetailList", std::move(list)}};  // written so by the SDKs
}

ActionOutcome apply_id_answer(std::uint64_t id) { return {.fields = {{"Data", {{"ApplyId", id}}}}}; }

}  // namespace

ActionResult run_query_batch_register_device_status(ActionContext& context) {
  const auto product = find_product(context, context.text("ProductKey"));
  if (!product) return UnexpectedFailure(product.error());
  const auto id = apply_id_of(context);
  if (!id) return UnexpectedFailure(business::kInvalidFormattedApplyId);
  const ApplyBatch* const batch = context.registry.apply_batch(*id);
  if (batch == nullptr) return UnexpectedFailure(business::kDeviceApplyIsNotFound);
  if (batch->product != (*product)->index()) return UnexpectedFailure(business::kIncorrectDeviceApplyInfo);

  // The page: both lists are empty unless something failed. While it runs they are too: assumed.
  const bool failed = batch->state == ApplyState::check_failed || batch->state == ApplyState::create_failed;
  const auto valid = failed ? batch->marked(ApplyMark::valid) : std::vector<std::string_view>();
  const auto invalid = failed ? batch->marked(ApplyMark::taken) : std::vector<std::string_view>();
  Json data = {{"Status", std::string(state_name(batch->state))},
               {"ValidList", name_list(valid)},
               {"InvalidList", name_list(invalid)}};
  if (failed) data["InvalidDetailList"] = details_of(invalid);
  return ActionOutcome{.fields = {{"Data", std::move(data)}}};
}

ActionResult run_batch_register_device_with_apply_id(ActionContext& context) {
  const auto product = find_product(context, context.text("ProductKey"));
  if (!product) return UnexpectedFailure(product.error());
  const auto id = apply_id_of(context);
  if (!id) return UnexpectedFailure(business::kInvalidFormattedApplyId);
  const auto begun = context.registry.begin_create_checked((*product)->key(), *id, context.moment);
  // A caller that did not get the first answer asks again: assumed.
  const bool again = !begun && begun.error() == RegistryFault::already_created;
  if (!begun && !again) return UnexpectedFailure(error_of(begun.error()));
  return apply_id_answer(*id);
}

ActionResult run_batch_register_device(ActionContext& context) {
  const auto product = find_product(context, context.text("ProductKey"));
  if (!product) return UnexpectedFailure(product.error());
  const auto count = parse_number(context.text("Count"));
  if (!count || *count == 0) return UnexpectedFailure(business::kInvalidFormattedParameter);
  if (*count > kCountMax) return UnexpectedFailure(business::kDeviceCountExceeded);
  const auto apply_id = context.registry.begin_create((*product)->key(), *count, context.moment);
  if (!apply_id && apply_id.error() == RegistryFault::full) return UnexpectedFailure(business::kApplyManyDevicesFailed);
  if (!apply_id) return UnexpectedFailure(error_of(apply_id.error()));
  return apply_id_answer(*apply_id);
}

ActionResult run_query_page_by_apply_id(ActionContext& context) {
  const auto id = apply_id_of(context);
  if (!id) return UnexpectedFailure(business::kInvalidFormattedApplyId);
  const auto page = read_page(context, "CurrentPage", "PageSize");
  if (!page) return UnexpectedFailure(page.error());
  const ApplyBatch* const batch = context.registry.apply_batch(*id);
  if (batch == nullptr || !context.registry.products()[batch->product]->is_open_to(context.account)) {
    return UnexpectedFailure(business::kDeviceApplyIsNotFound);
  }
  const std::size_t total = context.registry.apply_made_count(*batch);
  Json devices = Json::array();
  for (const Device* device : context.registry.apply_page(*batch, page->first(), page->size)) {
    devices.push_back({{"DeviceId", std::string(device_id(*device))},
                       {"DeviceName", std::string(device->name())},
                       {"DeviceSecret", std::string(device->secret())},
                       {"IotId", std::string(device->iot_id())}});
  }
  return ActionOutcome{.fields = {{"Page", page->number},
                                  {"PageSize", page->size},
                                  {"PageCount", page->count_of(total)},
                                  {"Total", total},
                                  {"ApplyDeviceList", {{"ApplyDeviceInfo", std::move(devices)}}}}};
}

}  // namespace fleet::bridge
