// CreateProduct and QueryProductTopic (their API pages).
#include <algorithm>
#include <string>

#include "bridge/actions/checks.h"
#include "wire/mqtt/utf8.h"

namespace fleet::bridge {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kDescriptionMax = 100;  // characters: API page

std::size_t characters_in(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

// "0" what the device may publish to, "1" what it may subscribe to, "2" both.
const char* operation_text(TopicOperation operation) {
  switch (operation) {
    case TopicOperation::publish:
      return "0";
    case TopicOperation::subscribe:
      return "1";
    case TopicOperation::both:
      break;
  }
  return "2";
}

// Parameters that the bridge knows the meaning of; others (NetType, CategoryKey, ...) are passed over.
std::optional<BusinessError> refuse_product(const ActionContext& context) {
  const std::string_view name = context.text("ProductName");
  if (!fits_wide_name(name, 4, 30, false)) return business::kInvalidFormattedProductName;
  const std::string_view node_type = context.text("NodeType");
  if (node_type != "0" && node_type != "1") return business::kInvalidNodeType;
  const std::string_view format = context.text("DataFormat");
  if (!format.empty() && format != "0" && format != "1") return business::kInvalidFormattedParameter;
  const std::string_view edition = context.text("AliyunCommodityCode");
  if (!edition.empty() && edition != "iothub_senior" && edition != "iothub") {
    return business::kInvalidAliyunCommodityCode;
  }
  const std::string_view description = context.text("Description");
  if (!wire::mqtt::valid_utf8(description)) return business::kInvalidFormattedParameter;
  if (characters_in(description) > kDescriptionMax) return business::kLongProductDesc;
  const auto products = context.registry.products();
  const bool taken = std::any_of(products.begin(), products.end(), [&](const auto& product) {
    return product->name() == name && product->is_open_to(context.account);
  });
  if (taken) return business::kAlreadyExistedProductName;
  return {};
}

}  // namespace

ActionResult run_create_product(ActionContext& context) {
  if (const auto error = refuse_product(context)) return UnexpectedFailure(*error);
  // API page: a product of sub-devices names the protocol that they speak to their gateway.
  const bool gateway = context.text("NodeType") == "1";
  const bool sub_device = !gateway && !context.text("ProtocolType").empty();
  const DeviceKind kind = gateway ? DeviceKind::gateway : sub_device ? DeviceKind::sub_device : DeviceKind::device;
  const bool x509 = context.text("AuthType") == "x509";
  const auto made = context.registry.create_product(
      {.name = context.text("ProductName"), .kind = kind, .x509 = x509, .owner = context.account}, context.moment.wall);
  if (!made && made.error() == RegistryFault::full) return UnexpectedFailure(business::kProductCountExceedMax);
  if (!made) return UnexpectedFailure(error_of(made.error()));
  const Product& product = **made;
  Json data = {{"ProductKey", product.key()},          {"ProductName", product.name()},
               {"ProductSecret", product.secret()},    {"NodeType", gateway ? 1 : 0},
               {"AuthType", x509 ? "x509" : "secret"}, {"Id2", false}};
  for (const char* name : {"Description", "AliyunCommodityCode", "ProtocolType"}) {
    if (const std::string_view text = context.text(name); !text.empty()) data[name] = std::string(text);
  }
  if (const std::string_view format = context.text("DataFormat"); !format.empty()) {
    data["DataFormat"] = format == "1" ? 1 : 0;
  }
  return ActionOutcome{.fields = {{"ProductKey", product.key()}, {"Data", std::move(data)}}};
}

ActionResult run_query_product_topic(ActionContext& context) {
  const auto product = find_product(context, context.text("ProductKey"));
  if (!product) return UnexpectedFailure(product.error());
  Json topics = Json::array();
  for (const TopicClass& topic : (*product)->topics()) {
    topics.push_back({{"TopicShortName", "/" + (*product)->key() + "/${deviceName}/user/" + topic.short_name},
                      {"Operation", operation_text(topic.operation)},
                      {"Id", std::to_string(topic.id)},
                      {"ProductKey", (*product)->key()}});
  }
  return ActionOutcome{.fields = {{"Data", {{"ProductTopicInfo", std::move(topics)}}}}};
}

}  // namespace fleet::bridge
