// Who may log in at the broker, and which topics are whose: the rules of the platform over a bridge's registry, without
// the broker.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "bridge/broker_auth/options.h"
#include "bridge/broker_auth/registry_reader.h"
#include "bridge/broker_auth/topology.h"
#include "wire/clock.h"
#include "wire/error.h"

namespace fleet::bridge {

// The three texts of a CONNECT; empty where one was absent.
struct LoginTexts {
  std::string_view client_id;
  std::string_view username;
  std::string_view password;
};

// What the platform's CONNACK would say (documentation of return codes); Mosquitto lets a plugin say 5 only.
enum class LoginCode : std::uint8_t {
  accepted = 0,
  bad_client_id = 2,    // too long, or its extension is wrong
  bad_credentials = 4,  // user name or password of another form
  not_authorized = 5,   // not registered, disabled, wrong password
};

struct LoginVerdict {
  LoginCode code = LoginCode::accepted;
  std::string_view why{};  // for a log: what is wrong, without any of the texts; static
};

enum class TopicAccess : std::uint8_t { read, write, subscribe, unsubscribe };

// Owned by the plugin; lives on the broker's thread.
class Guard {
 public:
  // How often the registry is looked at for changes.
  static constexpr wire::Millis kLookEvery{100};
  // Between parts of a refresh; each reads about kRefreshRows sub-devices, 2 ms of the broker's time.
  static constexpr wire::Millis kRefreshEvery{10};
  static constexpr std::size_t kRefreshRows = 4'000;

  // Errors: as RegistryReader::open.
  [[nodiscard]] static wire::Result<std::unique_ptr<Guard>> open(GuardOptions options);

  [[nodiscard]] LoginVerdict login(const LoginTexts& texts);

  // `username` has logged in. A device: its own topics; a gateway: also those of its sub-devices; a consumer: to read
  // those of its application; the bridge: all. For reading: no question to the registry and no allocation (see
  // Topology::speaks_for).
  [[nodiscard]] bool may(std::string_view username, TopicAccess access, std::string_view topic);

  // Looks for changes of the registry when that is due. An error is told once, until it is over.
  [[nodiscard]] wire::Result<void> tick(wire::TimePoint now);

 private:
  Guard(GuardOptions options, RegistryReader reader) : options_(std::move(options)), reader_(std::move(reader)) {}
  [[nodiscard]] LoginVerdict login_device(const LoginTexts& texts);
  [[nodiscard]] LoginVerdict login_consumer(const LoginTexts& texts);

  GuardOptions options_;
  RegistryReader reader_;
  Topology topology_{reader_};
  wire::TimePoint next_look_{};
  bool refreshing_ = false;
  bool failing_ = false;
};

}  // namespace fleet::bridge
