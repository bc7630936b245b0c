# Debian 12 packages; scripts/install-packages.sh installs them.
find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED COMPONENTS Crypto SSL)
find_package(Boost 1.81 REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(yaml-cpp 0.7 REQUIRED)
find_package(fmt 9 REQUIRED)
find_package(spdlog 1.10 REQUIRED)
find_package(CLI11 2.1 REQUIRED)
find_package(pugixml REQUIRED)
find_package(SQLite3 3.40 REQUIRED)
find_package(PahoMqttCpp REQUIRED)
find_package(prometheus-cpp REQUIRED)
find_package(GTest 1.12 REQUIRED)
find_package(benchmark 1.7 REQUIRED)

# Asio and Beast are compiled once (wire/boost_impl.cpp), not in every file that includes them.
add_library(fleet_boost INTERFACE)
target_link_libraries(fleet_boost INTERFACE Boost::headers Threads::Threads)
target_compile_definitions(fleet_boost INTERFACE
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION
  BOOST_ASIO_NO_DEPRECATED BOOST_ERROR_CODE_HEADER_ONLY)
