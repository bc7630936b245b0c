fleet_test(bridge_fanout_test LABEL unit
  SOURCES bridge/publisher_test.cpp
  LIBS fleet::bridge spdlog::spdlog)
fleet_test(bridge_server_test LABEL unit
  SOURCES bridge/answer_text_test.cpp bridge/request_parser_test.cpp
  LIBS fleet::bridge fmt::fmt)
