// The one file that compiles Asio and Beast; everybody else includes declarations.
#include <boost/asio/impl/src.hpp>
#include <boost/beast/src.hpp>
