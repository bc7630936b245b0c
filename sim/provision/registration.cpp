#include "sim/provision/registration.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>

#include "settings/spelling.h"
#include "settings/units.h"
#include "sim/scenario/naming.h"

namespace fleet::sim {

namespace {

using nlohmann::json;
using wire::Result;

// Status is asked for 20 times a second where 30 are allowed.
constexpr wire::Millis kPoll{50};
// A batch of 10,000 takes a second where it takes long.
constexpr wire::Millis kBatchLimit{60'000};

// A member of an object, null where it is not there.
const json& member(const json& object, const char* key) {
  static const json kNull;
  if (!object.is_object()) return kNull;
  const auto found = object.find(key);
  return found == object.end() ? kNull : *found;
}

// One group's registration, batch by batch.
class Registration {
 public:
  Registration(ApiCaller& api, const Scenario& scenario, std::size_t fleet_group, Identities& identities,
               ProvisionWatch& watch)
      : api_(api),
        group_(scenario.fleet[fleet_group]),
        product_key_(scenario.products[group_.product].key),
        names_(group_.name_template),
        fleet_group_(fleet_group),
        identities_(identities),
        watch_(watch) {}

  Result<void> run() {
    for (std::uint32_t first = 0; first < group_.count; first += kNamesPerBatch) {
      const std::uint32_t end = std::min(first + kNamesPerBatch, group_.count);
      if (auto done = batch(first, end); !done) return done;
    }
    return {};
  }

 private:
  [[nodiscard]] tl::unexpected<wire::Error> fail(const std::string& why) const {
    return wire::environment_error(fmt::format("cannot register the devices of '{}': {}", group_.name, why),
                                   api_.where());
  }

  [[nodiscard]] Result<json> call(std::string_view action, const ApiParameters& parameters) {
    auto answer = api_.call(action, parameters);
    if (!answer) return tl::unexpected(answer.error());
    if (answer->accepted()) return std::move(answer->body);
    return fail(fmt::format("{} answered {}{}{}", action, settings::shortened(answer->code),
                            answer->message.empty() ? "" : ": ", settings::shortened(answer->message)));
  }

  Result<void> batch(std::uint32_t first, std::uint32_t end) {
    auto id = check(first, end);
    if (!id) return tl::unexpected(id.error());
    if (auto checked = wait_for(*id, "CHECK"); !checked) return checked;
    if (auto created = create(*id); !created) return created;
    if (auto created = wait_for(*id, "CREATE"); !created) return created;
    return read_pages(*id, first, end);
  }

  Result<std::string> check(std::uint32_t first, std::uint32_t end) {
    ApiParameters parameters{{"ProductKey", product_key_}};
    for (std::uint32_t index = first; index < end; ++index) {
      std::string name;
      names_.append(index, name);
      parameters.emplace_back("DeviceName." + std::to_string(index - first + 1), std::move(name));
    }
    auto answer = call("BatchCheckDeviceNames", parameters);
    if (!answer) return tl::unexpected(answer.error());
    const json& id = member(member(*answer, "Data"), "ApplyId");
    if (!id.is_number_integer()) return fail("the answer to BatchCheckDeviceNames has no ApplyId");
    return id.dump();
  }

  // Its outcome may be unknown to us and known to the platform: then the task runs already.
  Result<void> create(const std::string& id) {
    auto answer = api_.call("BatchRegisterDeviceWithApplyId", {{"ProductKey", product_key_}, {"ApplyId", id}});
    if (!answer) return tl::unexpected(answer.error());
    if (answer->accepted() || answer->code == "iot.device.CreateDeviceTaskIsRunning") return {};
    return fail(fmt::format("BatchRegisterDeviceWithApplyId answered {}: {}", settings::shortened(answer->code),
                            settings::shortened(answer->message)));
  }

  // Until the batch is behind the step "CHECK" or "CREATE".
  Result<void> wait_for(const std::string& id, const std::string& step) {
    const wire::TimePoint limit = wire::read_clock() + kBatchLimit;
    for (;;) {
      auto answer = call("QueryBatchRegisterDeviceStatus", {{"ProductKey", product_key_}, {"ApplyId", id}});
      if (!answer) return tl::unexpected(answer.error());
      const json& batch = member(*answer, "Data");
      const json& status = member(batch, "Status");
      if (status == step + "_SUCCESS") return {};
      if (status == step + "_FAILED") return fail(refusal(step, member(member(batch, "InvalidList"), "Name")));
      if (!status.is_string()) return fail("the answer to QueryBatchRegisterDeviceStatus has no Status");
      if (wire::read_clock() >= limit) {
        return fail(fmt::format("ApplyId {} was still in {} after {} s", id,
                                settings::shortened(status.get<std::string>()), kBatchLimit.count() / 1'000));
      }
      if (auto waited = api_.pause(kPoll); !waited) return waited;
    }
  }

  [[nodiscard]] std::string refusal(const std::string& step, const json& names) const {
    if (!names.is_array() || names.empty() || !names.front().is_string())
      return "the batch ended in " + step + "_FAILED";
    return fmt::format("{} {} taken, {} first; delete the devices, or change fleet.{}.name",
                       settings::grouped(names.size()), names.size() == 1 ? "name is" : "names are",
                       settings::shortened(names.front().get<std::string>()), group_.name);
  }

  Result<void> read_pages(const std::string& id, std::uint32_t first, std::uint32_t end) {
    const std::uint32_t before = identities_.kept(fleet_group_);
    const std::uint32_t pages = (end - first + kDevicesPerPage - 1) / kDevicesPerPage;
    for (std::uint32_t page = 1; page <= pages; ++page) {
      auto answer =
          call("QueryPageByApplyId",
               {{"ApplyId", id}, {"CurrentPage", std::to_string(page)}, {"PageSize", std::to_string(kDevicesPerPage)}});
      if (!answer) return tl::unexpected(answer.error());
      const json& devices = member(member(*answer, "ApplyDeviceList"), "ApplyDeviceInfo");
      if (!devices.is_array()) return fail("the answer to QueryPageByApplyId has no ApplyDeviceInfo");
      for (const json& device : devices) {
        if (auto kept = keep(device, first, end); !kept) return kept;
      }
      watch_.progress("registering " + group_.name, identities_.kept(fleet_group_), group_.count);
    }
    const std::uint32_t told = identities_.kept(fleet_group_) - before;
    if (told == end - first) return {};
    return fail(fmt::format("QueryPageByApplyId told {} of {} devices", settings::grouped(told),
                            settings::grouped(end - first)));
  }

  Result<void> keep(const json& device, std::uint32_t first, std::uint32_t end) {
    const json& name = member(device, "DeviceName");
    const json& secret = member(device, "DeviceSecret");
    if (!name.is_string() || !secret.is_string())
      return fail("QueryPageByApplyId told a device without name or secret");
    const auto index = names_.index_of(name.get_ref<const std::string&>());
    if (!index || *index < first || *index >= end) {
      return fail(fmt::format("QueryPageByApplyId told device '{}', which the batch does not hold",
                              settings::shortened(name.get<std::string>())));
    }
    const std::string& text = secret.get_ref<const std::string&>();
    if (text.empty() || text.size() > Identities::kSecretBytesMax) {
      return fail(fmt::format("the secret of {} has {} bytes", name.get<std::string>(), text.size()));
    }
    identities_.keep(fleet_group_, *index, text);
    return {};
  }

  ApiCaller& api_;
  const FleetGroup& group_;
  const std::string& product_key_;
  const NameTemplate names_;
  const std::size_t fleet_group_;
  Identities& identities_;
  ProvisionWatch& watch_;
};

}  // namespace

wire::Result<void> register_group(ApiCaller& api, const Scenario& scenario, std::size_t fleet_group,
                                  Identities& identities, ProvisionWatch& watch) {
  return Registration(api, scenario, fleet_group, identities, watch).run();
}

}  // namespace fleet::sim
