#include "bridge/bcast/error.h"

namespace fleet::bridge {
namespace {

constexpr const BcastError* kGateErrors[] = {&bcast::kNoCredentials, &bcast::kBadCredentials, &bcast::kNotFound,
                                             &bcast::kMediaType,     &bcast::kNotJson,        &bcast::kMissingAction,
                                             &bcast::kUnknownAction};

}  // namespace

std::span<const BcastError* const> bcast_gate_errors() { return kGateErrors; }

}  // namespace fleet::bridge
