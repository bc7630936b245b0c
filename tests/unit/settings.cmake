fleet_test(settings_test LABEL unit
  SOURCES settings/command_line_test.cpp settings/reader_test.cpp settings/units_test.cpp settings/yaml_tree_test.cpp
  LIBS fleet::settings fmt::fmt)
