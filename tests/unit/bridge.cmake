fleet_test(bridge_fanout_test LABEL unit
  SOURCES
    bridge/publisher_allocations_test.cpp
    bridge/publisher_test.cpp
    ${PROJECT_SOURCE_DIR}/tests/support/allocations.cpp
  LIBS fleet::bridge spdlog::spdlog)
fleet_test(bridge_server_test LABEL unit
  SOURCES bridge/answer_text_test.cpp bridge/request_parser_test.cpp
  LIBS fleet::bridge fmt::fmt)
fleet_test(bridge_api_test LABEL unit
  SOURCES
    bridge/acs3_gate_test.cpp
    bridge/actions_table_test.cpp
    bridge/api_allocations_test.cpp
    bridge/api_fixture.cpp
    bridge/api_test.cpp
    bridge/apply_batches_test.cpp
    bridge/bad_input_test.cpp
    bridge/batch_pub_test.cpp
    bridge/captures_test.cpp
    bridge/check_names_test.cpp
    bridge/device_actions_test.cpp
    bridge/markup_test.cpp
    bridge/nonce_memory_test.cpp
    bridge/ownership_test.cpp
    bridge/plan_test.cpp
    bridge/publish_actions_test.cpp
    bridge/quotas_test.cpp
    bridge/rpc_gate_test.cpp
    bridge/rpc_params_test.cpp
    bridge/topology_actions_test.cpp
    ${PROJECT_SOURCE_DIR}/tests/support/allocations.cpp
    ${PROJECT_SOURCE_DIR}/tests/support/registry_fixture.cpp
    ${PROJECT_SOURCE_DIR}/tests/support/temp_dir.cpp
  LIBS fleet::bridge fmt::fmt nlohmann_json::nlohmann_json pugixml::pugixml)
target_compile_definitions(bridge_api_test PRIVATE FLEET_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
set_tests_properties(bridge_api_test PROPERTIES ENVIRONMENT TZ=Asia/Shanghai)  # times of answers are UTC anywhere
fleet_test(bridge_bcast_test LABEL unit
  SOURCES
    bridge/bcast_actions_test.cpp
    bridge/bcast_api_test.cpp
    bridge/bcast_fixture.cpp
    bridge/bcast_messages_test.cpp
  LIBS fleet::bridge nlohmann_json::nlohmann_json)
fleet_test(bridge_config_test LABEL unit
  SOURCES bridge/config_test.cpp bridge/config_yaml_test.cpp
  LIBS fleet::bridge fmt::fmt)
target_compile_definitions(bridge_config_test PRIVATE FLEET_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
fleet_test(bridge_top_test LABEL unit
  SOURCES
    bridge/json_scan_test.cpp
    bridge/multipart_test.cpp
    bridge/tmc_produce_test.cpp
    bridge/tmc_queue_test.cpp
    bridge/top_api_test.cpp
    bridge/top_fixture.cpp
  LIBS fleet::bridge nlohmann_json::nlohmann_json)
fleet_test(bridge_registry_test LABEL unit
  SOURCES
    bridge/device_table_test.cpp
    bridge/iot_id_test.cpp
    bridge/registry_apply_test.cpp
    bridge/registry_test.cpp
    bridge/registry_topology_test.cpp
    ${PROJECT_SOURCE_DIR}/tests/support/registry_fixture.cpp
    ${PROJECT_SOURCE_DIR}/tests/support/temp_dir.cpp
  LIBS fleet::bridge fmt::fmt)
fleet_test(bridge_devices_test LABEL unit
  SOURCES
    bridge/device_api_test.cpp
    bridge/device_fixture.cpp
    bridge/device_sessions_test.cpp
    bridge/device_side_test.cpp
    bridge/device_topology_test.cpp
    ${PROJECT_SOURCE_DIR}/tests/support/registry_fixture.cpp
    ${PROJECT_SOURCE_DIR}/tests/support/temp_dir.cpp
  LIBS fleet::bridge fmt::fmt nlohmann_json::nlohmann_json spdlog::spdlog)
fleet_test(bridge_metrics_unit_test LABEL unit
  SOURCES bridge/call_books_test.cpp bridge/exposition_test.cpp ${PROJECT_SOURCE_DIR}/tests/support/allocations.cpp
  LIBS fleet::bridge)
fleet_test(bridge_broker_auth_test LABEL unit
  SOURCES
    bridge/broker_auth/client_ids_test.cpp
    bridge/broker_auth/guard_test.cpp
    bridge/broker_auth/options_test.cpp
    bridge/broker_auth/topic_owner_test.cpp
    ${PROJECT_SOURCE_DIR}/tests/support/allocations.cpp
    ${PROJECT_SOURCE_DIR}/tests/support/registry_fixture.cpp
    ${PROJECT_SOURCE_DIR}/tests/support/temp_dir.cpp
  LIBS fleet::broker_auth)
