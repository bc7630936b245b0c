fleet_test(sim_scenario_test LABEL unit
  SOURCES
    sim/dialect_test.cpp
    sim/faults_test.cpp
    sim/identities_test.cpp
    sim/identity_file_test.cpp
    sim/pacer_test.cpp
    sim/scenario_calls_test.cpp
    sim/payload_template_test.cpp
    sim/scenario_bad_input_test.cpp
    sim/scenario_behaviour_test.cpp
    sim/scenario_consumers_test.cpp
    sim/scenario_fleet_test.cpp
    sim/scenario_keys_test.cpp
    sim/scenario_layers_test.cpp
    sim/scenario_plan_test.cpp
    sim/scenario_test.cpp
    sim/scenario_transport_test.cpp
  LIBS fleet::sim_scenario fleet_test_support fmt::fmt nlohmann_json::nlohmann_json)
target_compile_definitions(sim_scenario_test PRIVATE FLEET_SCENARIOS="${PROJECT_SOURCE_DIR}/scenarios")
fleet_test(sim_launch_test LABEL unit
  SOURCES sim/launch_config_test.cpp
  LIBS fleet::sim_launch)
fleet_test(sim_ledger_test LABEL unit THREADED
  SOURCES
    sim/books_excuse_test.cpp
    sim/books_memory_test.cpp
    sim/books_test.cpp
    sim/books_threads_test.cpp
    sim/health_test.cpp
    sim/histogram_test.cpp
    sim/losses_test.cpp
    sim/pick_test.cpp
    sim/timeline_test.cpp
    ${PROJECT_SOURCE_DIR}/tests/support/allocations.cpp
  LIBS fleet::sim_ledger)
fleet_test(sim_report_test LABEL unit
  SOURCES sim/result_json_test.cpp sim/text_report_test.cpp sim/verdict_test.cpp
  LIBS fleet::sim_report)
fleet_test(sim_fleet_test LABEL unit
  SOURCES
    sim/fault_watch_test.cpp
    sim/gateway_moves_test.cpp
    sim/gateway_session_test.cpp
    sim/errands_test.cpp
    sim/ramp_test.cpp
    sim/replies_test.cpp
    sim/shard_interruptions_test.cpp
    sim/shard_ledger_test.cpp
    sim/telemetry_test.cpp
    ${PROJECT_SOURCE_DIR}/tests/support/allocations.cpp
  LIBS fleet::sim_fleet nlohmann_json::nlohmann_json)
fleet_test(sim_proxy_test LABEL unit
  SOURCES sim/flow_test.cpp sim/line_test.cpp
  LIBS fleet::sim_proxy)
fleet_test(sim_calls_test LABEL unit
  SOURCES sim/answer_reader_test.cpp sim/bcast_request_test.cpp sim/bridge_answer_test.cpp sim/request_test.cpp sim/tmc_answer_test.cpp sim/tmc_request_test.cpp
  LIBS fleet::sim_calls nlohmann_json::nlohmann_json)
fleet_test(sim_run_test LABEL unit
  SOURCES sim/progress_test.cpp sim/ramp_outcome_test.cpp sim/record_test.cpp
  LIBS fleet::sim_run fleet::sim_launch fleet::sim_fleet fleet::sim_calls)
