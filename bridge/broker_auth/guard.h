// Who may log in at the broker, and which topics are whose: the rules of the platform over a bridge's registry, without
// the broker.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "bridge/broker_auth/client_ids.h"
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
  bad_client_id = 2,    // too long, its extension is wrong, or it is somebody else's
  bad_credentials = 4,  // user name or password of another form
  not_authorized = 5,   // not registered, disabled, wrong password
};

struct LoginVerdict {
  LoginCode code = LoginCode::accepted;
  std::string_view why{};    // for a log: what is wrong, without any of the texts; static
  std::string_view whose{};  // the name behind `why`: whose the client id is; valid as long as the texts, until the
                             // next login; may be empty
  std::optional<std::string> other{};  // accepted: the client id of the device's first connection, which has to end
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

  // `connection` tells it from others, for comparing only; not null.
  [[nodiscard]] LoginVerdict login(const LoginTexts& texts, const void* connection);
  // A connection has ended, whether it was let in or not.
  void end(std::string_view client_id, const void* connection) { client_ids_.end(client_id, connection); }

  // `username` has logged in. A device: its own topics; a gateway: also those of its sub-devices; a consumer: to read
  // those of its application; the bridge: all. For reading: no question to the registry and no allocation (see
  // Topology::speaks_for).
  [[nodiscard]] bool may(std::string_view username, TopicAccess access, std::string_view topic);

  // Looks for changes of the registry when that is due. An error is told once, until it is over. Where the file was
  // replaced nobody but the bridge gets in any more: what is read is no longer true.
  [[nodiscard]] wire::Result<void> tick(wire::TimePoint now);

 private:
  Guard(GuardOptions options, RegistryReader reader) : options_(std::move(options)), reader_(std::move(reader)) {}
  [[nodiscard]] LoginVerdict login_bridge(const LoginTexts& texts) const;
  [[nodiscard]] LoginVerdict login_device(const LoginTexts& texts, const void* connection);
  [[nodiscard]] LoginVerdict login_consumer(const LoginTexts& texts, const void* connection);
  // Whether a device or consumer that has proved who it is may have the client id; `id` is that without its extension.
  [[nodiscard]] LoginVerdict check_client_id(const LoginTexts& texts, std::string_view id);

  GuardOptions options_;
  RegistryReader reader_;
  Topology topology_{reader_};
  ClientIds client_ids_;
  wire::TimePoint next_look_{};
  bool refreshing_ = false;
  bool failing_ = false;
  bool replaced_ = false;  // the file that is read is no longer the bridge's
};

}  // namespace fleet::bridge
