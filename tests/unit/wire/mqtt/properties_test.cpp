#include "wire/mqtt/properties.h"

#include <gtest/gtest.h>

#include "tests/unit/wire/mqtt/hex.h"
#include "wire/mqtt/packets.h"

namespace fleet::wire::mqtt {
namespace {

constexpr auto kPublish = static_cast<PropertyPlace>(PacketType::publish);

TEST(Properties, AreIteratedInOrder) {
  PropertyList list;
  list.add(PropertyId::message_expiry_interval, 60).add(PropertyId::content_type, "text").add_user("k", "v");
  list.add_user("k", "w");
  ASSERT_EQ(check_properties(list.view().bytes(), kPublish), ReasonCode::success);
  std::vector<PropertyId> ids;
  std::string users;
  for (const Property& property : list.view()) {
    ids.push_back(property.id);
    if (property.id == PropertyId::user_property)
      users += std::string(property.text) + "=" + std::string(property.value);
  }
  EXPECT_EQ(ids, (std::vector{PropertyId::message_expiry_interval, PropertyId::content_type, PropertyId::user_property,
                              PropertyId::user_property}));
  EXPECT_EQ(users, "k=vk=w");
  EXPECT_EQ(list.view().number(PropertyId::message_expiry_interval), 60u);
  EXPECT_EQ(list.view().text(PropertyId::content_type), "text");
  EXPECT_FALSE(list.view().number(PropertyId::topic_alias));
  EXPECT_FALSE(list.view().text(PropertyId::response_topic));
}

TEST(Properties, EveryNumberKeepsItsWidth) {
  const auto encoded = [](PropertyId id, std::uint32_t value) {
    PropertyList list;
    list.add(id, value);
    EXPECT_EQ(list.view().number(id), value);
    return to_hex(list.view().bytes());
  };
  EXPECT_EQ(encoded(PropertyId::maximum_qos, 1), "2401");
  EXPECT_EQ(encoded(PropertyId::receive_maximum, 65'535), "21ffff");
  EXPECT_EQ(encoded(PropertyId::session_expiry_interval, 0xFFFFFFFF), "11ffffffff");
  EXPECT_EQ(encoded(PropertyId::subscription_identifier, 268'435'455), "0bffffff7f");
  EXPECT_EQ(encoded(PropertyId::subscription_identifier, 127), "0b7f");
  EXPECT_EQ(encoded(PropertyId::subscription_identifier, 16'384), "0b808001");
}

// Table 2-4: each property in each packet; those it does not list are malformed.
TEST(Properties, StandOnlyWhereTheTableSays) {
  struct Row {
    std::string_view hex;
    std::string_view places;  // w will, then packet types in hexadecimal
  };
  constexpr Row kRows[] = {
      {"0101", "w3"},        {"0200000001", "w3"},
      {"03000161", "w3"},    {"08000161", "w3"},
      {"09000161", "w3"},    {"0b01", "38"},
      {"1100000001", "12e"}, {"12000161", "2"},
      {"130001", "2"},       {"15000161", "12f"},
      {"1701", "1"},         {"1800000001", "w"},
      {"1901", "1"},         {"1a000161", "2"},
      {"1c000161", "2e"},    {"1f000161", "245679bef"},
      {"210001", "12"},      {"220001", "12"},
      {"230001", "3"},       {"2401", "2"},
      {"2501", "2"},         {"26000161000162", "w123456789abef"},
      {"2700000001", "12"},  {"2801", "2"},
      {"2901", "2"},         {"2a01", "2"},
  };
  constexpr std::string_view kPlaces = "w123456789abcdef";
  for (const Row& row : kRows) {
    for (std::size_t place = 0; place < kPlaces.size(); ++place) {
      const bool allowed = row.places.find(kPlaces[place]) != std::string_view::npos;
      EXPECT_EQ(check_properties(from_hex(row.hex), static_cast<PropertyPlace>(place)),
                allowed ? ReasonCode::success : ReasonCode::malformed_packet)
          << row.hex << " in " << kPlaces[place];
    }
  }
}

TEST(Properties, AuthenticationDataNeedsItsMethod) {
  const auto auth = static_cast<PropertyPlace>(PacketType::auth);
  EXPECT_EQ(check_properties(from_hex("15000161 16000162"), auth), ReasonCode::success);
  EXPECT_EQ(check_properties(from_hex("16000162"), auth), ReasonCode::protocol_error);
}

TEST(Properties, OnlyUserPropertiesAndIdentifiersOfAPublishRepeat) {
  EXPECT_EQ(check_properties(from_hex("0b01 0b02"), kPublish), ReasonCode::success);
  EXPECT_EQ(check_properties(from_hex("0b01 0b02"), static_cast<PropertyPlace>(PacketType::subscribe)),
            ReasonCode::protocol_error);
  EXPECT_EQ(check_properties(from_hex("0101 0101"), kPublish), ReasonCode::protocol_error);
}

}  // namespace
}  // namespace fleet::wire::mqtt
