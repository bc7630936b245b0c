fleet_test(wire_bytes_test LABEL unit
  SOURCES wire/acs3_test.cpp wire/device_login_test.cpp wire/device_sign_test.cpp wire/encoding_test.cpp wire/identifiers_test.cpp
    wire/signing_test.cpp wire/signing_top_test.cpp wire/stamp_test.cpp wire/timestamp_test.cpp wire/url_test.cpp
  LIBS fleet::wire)

fleet_test(wire_mqtt_test LABEL unit
  SOURCES wire/mqtt/codec_reject_test.cpp wire/mqtt/codec_test.cpp wire/mqtt/conversation.cpp wire/mqtt/golden.cpp
    wire/mqtt/in_flight_test.cpp wire/mqtt/properties_test.cpp wire/mqtt/session_allocations_test.cpp
    wire/mqtt/session_delivery_test.cpp wire/mqtt/session_publish_test.cpp wire/mqtt/session_test.cpp
    wire/mqtt/topic_test.cpp wire/mqtt/websocket_frames_test.cpp ../support/allocations.cpp
  LIBS fleet::wire)

fleet_test(wire_connection_test LABEL unit
  SOURCES wire/mqtt/connection_allocations_test.cpp wire/mqtt/outbox_test.cpp wire/mqtt/readiness_test.cpp
    ../support/allocations.cpp
  LIBS fleet::wire fleet_test_support)
