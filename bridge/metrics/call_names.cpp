// The labels of calls, out of the tables of all APIs.
#include <string>

#include "bridge/actions/action.h"
#include "bridge/bcast/action.h"
#include "bridge/envelope/gateway_error.h"
#include "bridge/envelope/top_error.h"
#include "bridge/metrics/call_books.h"
#include "bridge/tmc/method.h"

namespace fleet::bridge {

CallNames call_names() {
  CallNames names;
  names.codes.emplace_back(business::kSystemException.code);  // the answer of any action
  for (const Action& action : actions()) {
    names.actions.emplace_back(action.name);
    for (const BusinessError* const error : action.errors) names.codes.emplace_back(error->code);
  }
  for (const GatewayError& error : gateway_errors()) names.codes.push_back(error.code);
  names.codes.push_back(signature_mismatch({}).code);
  for (const BcastAction& action : bcast_actions()) {
    names.actions.emplace_back(action.counted_as);
    for (const BcastError* const error : action.errors) names.codes.emplace_back(error->code);
  }
  names.actions.emplace_back(kBcastManagement);
  for (const BcastManagementCall& call : bcast_management_calls()) {
    for (const BcastError* const error : call.errors) names.codes.emplace_back(error->code);
  }
  for (const BcastError* const error : bcast_gate_errors()) names.codes.emplace_back(error->code);
  for (const TopMethod& method : top_methods()) names.actions.emplace_back(method.name);
  for (const TopError& error : top_errors()) names.codes.push_back(top_code_text(error.code));
  for (const TopError& error : {missing_argument({}), invalid_argument({}), refused_argument({})}) {
    names.codes.push_back(top_code_text(error.code));
  }
  return names;
}

}  // namespace fleet::bridge
