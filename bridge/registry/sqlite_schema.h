// The tables of the registry's SQLite file, for the store that writes it and for the broker's plugin that reads it.
#pragma once

#include <array>
#include <cstdint>

namespace fleet::bridge {

// "FLET": files of other programs are not touched.
inline constexpr std::int64_t kApplicationId = 0x464C4554;

// Step n takes a file of version n to n + 1; PRAGMA user_version holds the version. A step that has been released is
// not changed any more: a new one is added behind it.
inline constexpr std::array kMigrations = {
    R"(CREATE TABLE products(
         idx INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, name TEXT NOT NULL, secret TEXT NOT NULL,
         kind TEXT NOT NULL, x509 INTEGER NOT NULL, created INTEGER NOT NULL) STRICT;
       CREATE TABLE topic_classes(
         id INTEGER PRIMARY KEY, product INTEGER NOT NULL, short_name TEXT NOT NULL, operation TEXT NOT NULL,
         UNIQUE(product, short_name)) STRICT;
       CREATE TABLE devices(
         idx INTEGER PRIMARY KEY, product INTEGER NOT NULL, name TEXT NOT NULL, iot_id TEXT NOT NULL,
         secret TEXT NOT NULL, nickname TEXT NOT NULL, gateway INTEGER, created INTEGER NOT NULL) STRICT;
       CREATE TABLE apply_batches(
         id INTEGER PRIMARY KEY, product INTEGER NOT NULL, state TEXT NOT NULL, names BLOB NOT NULL,
         marks BLOB NOT NULL) STRICT;)",
    R"(ALTER TABLE devices ADD COLUMN activated INTEGER NOT NULL DEFAULT 0;
       ALTER TABLE devices ADD COLUMN disabled INTEGER NOT NULL DEFAULT 0;)",
    // For readers beside the bridge, which has its own index in memory.
    R"(CREATE INDEX devices_by_name ON devices(product, name);
       CREATE INDEX devices_by_gateway ON devices(gateway) WHERE gateway IS NOT NULL;)",
    "ALTER TABLE products ADD COLUMN owner TEXT NOT NULL DEFAULT '';",
    R"(CREATE TABLE apps(key TEXT PRIMARY KEY, secret TEXT NOT NULL) STRICT, WITHOUT ROWID;
       CREATE TABLE app_topics(
         app TEXT NOT NULL, topic TEXT NOT NULL, PRIMARY KEY(app, topic)) STRICT, WITHOUT ROWID;
       CREATE TABLE app_groups(
         app TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY(app, name)) STRICT, WITHOUT ROWID;)",
};

}  // namespace fleet::bridge
