// Asio's bodies, for this test program alone.
#include <boost/asio/impl/src.hpp>
