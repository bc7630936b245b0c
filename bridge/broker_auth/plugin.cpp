// fleet_broker_auth.so: Mosquitto's side of the guard (plugin interface 5, mosquitto_broker.h of 2.0.11). Nothing that
// is thrown leaves this file: what goes wrong is a refusal.
#include <mosquitto.h>
// The broker's headers build on each other, in this order.
#include <mosquitto_broker.h>
#include <mosquitto_plugin.h>

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bridge/broker_auth/guard.h"
#include "bridge/broker_auth/options.h"
#include "bridge/broker_auth/refusal_log.h"
#include "wire/clock.h"

namespace {

using namespace fleet::bridge;

void log(int level, const std::string& line) { mosquitto_log_printf(level, "fleet_broker_auth: %s", line.c_str()); }

std::string_view text_of(const char* text) { return text == nullptr ? std::string_view() : text; }

// Everything the plugin keeps; made by mosquitto_plugin_init, used on the broker's one thread.
struct Plugin {
  mosquitto_plugin_id_t* identifier = nullptr;
  std::unique_ptr<Guard> guard;
  RefusalLog refusals{[](const std::string& line) { log(MOSQ_LOG_WARNING, line); }};
};

// Runs a callback; where it throws (no memory), the answer is `otherwise`.
template <class Callback>
int shielded(int otherwise, const Callback& callback) noexcept {
  try {
    return callback();
  } catch (...) {
    return otherwise;
  }
}

// Mosquitto 2.0.11 answers CONNACK 5 (in MQTT 5: 0x87) for MOSQ_ERR_AUTH and hangs up without one for everything else,
// so the platform's other codes are in the log alone.
int refuse_login(Plugin& plugin, const LoginTexts& texts, const char* address, const LoginVerdict& verdict) {
  plugin.refusals.tell([&] {
    std::string line("login of ");
    line.append(shown(texts.username)).append(" from ").append(text_of(address));
    line.append(" refused (").append(std::to_string(static_cast<int>(verdict.code))).append("): ");
    line.append(verdict.why);
    if (!verdict.whose.empty()) line.append(" ").append(shown(verdict.whose));
    return line;
  });
  return MOSQ_ERR_AUTH;
}

int on_login(int /*event*/, void* data, void* userdata) {
  return shielded(MOSQ_ERR_AUTH, [&] {
    auto& plugin = *static_cast<Plugin*>(userdata);
    const auto& event = *static_cast<const mosquitto_evt_basic_auth*>(data);
    const LoginTexts texts{.client_id = text_of(mosquitto_client_id(event.client)),
                           .username = text_of(event.username),
                           .password = text_of(event.password)};
    const LoginVerdict verdict = plugin.guard->login(texts, event.client);
    if (verdict.code != LoginCode::accepted) {
      return refuse_login(plugin, texts, mosquitto_client_address(event.client), verdict);
    }
    if (verdict.other) mosquitto_kick_client_by_clientid(verdict.other->c_str(), true);
    return int{MOSQ_ERR_SUCCESS};
  });
}

std::optional<TopicAccess> access_of(int access) {
  switch (access) {
    case MOSQ_ACL_READ:
      return TopicAccess::read;
    case MOSQ_ACL_WRITE:
      return TopicAccess::write;
    case MOSQ_ACL_SUBSCRIBE:
      return TopicAccess::subscribe;
    case MOSQ_ACL_UNSUBSCRIBE:
      return TopicAccess::unsubscribe;
    default:
      return {};
  }
}

int on_topic(int /*event*/, void* data, void* userdata) {
  return shielded(MOSQ_ERR_ACL_DENIED, [&] {
    auto& plugin = *static_cast<Plugin*>(userdata);
    const auto& event = *static_cast<const mosquitto_evt_acl_check*>(data);
    const std::string_view username = text_of(mosquitto_client_username(event.client));
    const std::string_view topic = text_of(event.topic);
    const auto access = access_of(event.access);
    if (access && plugin.guard->may(username, *access, topic)) return int{MOSQ_ERR_SUCCESS};
    // What is not read was not asked for: a sub-device that has moved, say. That is no offence of the reader.
    if (access && *access != TopicAccess::read) {
      plugin.refusals.tell([&] {
        return shown(username) + (*access == TopicAccess::write ? " may not publish to " : " may not subscribe to ") +
               shown(topic);
      });
    }
    return int{MOSQ_ERR_ACL_DENIED};
  });
}

int on_disconnect(int /*event*/, void* data, void* userdata) {
  return shielded(MOSQ_ERR_SUCCESS, [&] {
    const auto& event = *static_cast<const mosquitto_evt_disconnect*>(data);
    static_cast<Plugin*>(userdata)->guard->end(text_of(mosquitto_client_id(event.client)), event.client);
    return int{MOSQ_ERR_SUCCESS};
  });
}

// Each turn of the broker's loop, at least ten times a second.
int on_tick(int /*event*/, void* /*data*/, void* userdata) {
  return shielded(MOSQ_ERR_SUCCESS, [&] {
    auto& plugin = *static_cast<Plugin*>(userdata);
    const fleet::wire::TimePoint now = fleet::wire::read_clock();
    plugin.refusals.tick(now);
    if (const auto looked = plugin.guard->tick(now); !looked) log(MOSQ_LOG_ERR, looked.error().text());
    return int{MOSQ_ERR_SUCCESS};
  });
}

using Callback = int (*)(int, void*, void*);
constexpr std::pair<int, Callback> kCallbacks[] = {{MOSQ_EVT_BASIC_AUTH, on_login},
                                                   {MOSQ_EVT_ACL_CHECK, on_topic},
                                                   {MOSQ_EVT_DISCONNECT, on_disconnect},
                                                   {MOSQ_EVT_TICK, on_tick}};

int start(mosquitto_plugin_id_t* identifier, void** userdata, const std::vector<GuardOption>& given) {
  auto options = read_options(given);
  if (!options) {
    log(MOSQ_LOG_ERR, options.error().text());
    return MOSQ_ERR_INVAL;
  }
  auto guard = Guard::open(std::move(*options));
  if (!guard) {
    log(MOSQ_LOG_ERR, guard.error().text());
    return MOSQ_ERR_INVAL;
  }
  auto plugin = std::make_unique<Plugin>();
  plugin->identifier = identifier;
  plugin->guard = std::move(*guard);
  for (const auto& [event, callback] : kCallbacks) {
    if (const int code = mosquitto_callback_register(identifier, event, callback, nullptr, plugin.get()); code != 0) {
      log(MOSQ_LOG_ERR, "this Mosquitto does not know an event of the plugin; 2.0 or later is needed");
      return code;
    }
  }
  *userdata = plugin.release();
  return MOSQ_ERR_SUCCESS;
}

}  // namespace

extern "C" {

__attribute__((visibility("default"))) int mosquitto_plugin_version(int count, const int* versions) {
  for (int i = 0; i < count; ++i) {
    if (versions[i] == MOSQ_PLUGIN_VERSION) return MOSQ_PLUGIN_VERSION;
  }
  return -1;
}

__attribute__((visibility("default"))) int mosquitto_plugin_init(mosquitto_plugin_id_t* identifier, void** userdata,
                                                                 mosquitto_opt* options, int option_count) {
  return shielded(MOSQ_ERR_NOMEM, [&] {
    std::vector<GuardOption> given;
    for (int i = 0; i < option_count; ++i) {
      given.push_back({.key = text_of(options[i].key), .value = text_of(options[i].value)});
    }
    return start(identifier, userdata, given);
  });
}

__attribute__((visibility("default"))) int mosquitto_plugin_cleanup(void* userdata, mosquitto_opt* /*options*/,
                                                                    int /*option_count*/) {
  return shielded(MOSQ_ERR_SUCCESS, [&] {
    const std::unique_ptr<Plugin> plugin(static_cast<Plugin*>(userdata));
    if (!plugin) return int{MOSQ_ERR_SUCCESS};
    for (const auto& [event, callback] : kCallbacks) {
      mosquitto_callback_unregister(plugin->identifier, event, callback, nullptr);
    }
    return int{MOSQ_ERR_SUCCESS};
  });
}

}  // extern "C"
