// A configuration of the bridge out of a text.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "bridge/config/config.h"

namespace fleet::bridge {

// What is wrong with it, with its place; "no error" where nothing is.
inline std::string error_of(const std::string& text) {
  const auto config = parse_config(text, "bridge.yaml");
  return config ? "no error" : config.error().text();
}

// A text without errors; the test fails where it has one.
inline Config config_of(const std::string& text) {
  auto config = parse_config(text, "bridge.yaml");
  EXPECT_TRUE(config) << config.error().text();
  return config ? *std::move(config) : Config{};
}

}  // namespace fleet::bridge
