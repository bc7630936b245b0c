# Every target of this project links fleet_warnings privately; -Werror comes from the presets.
add_library(fleet_warnings INTERFACE)
target_compile_options(fleet_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion)
