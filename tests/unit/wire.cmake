fleet_test(wire_bytes_test LABEL unit
  SOURCES wire/encoding_test.cpp wire/signing_test.cpp wire/stamp_test.cpp
  LIBS fleet::wire)
