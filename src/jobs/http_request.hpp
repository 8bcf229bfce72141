#pragma once

#include "http/message.hpp"

#include <lastcall/message.hpp>
#include <string>

namespace lastcall::jobs {

/// Adds to the request what an endpoint is told about its message, in the manner of Elastic Beanstalk's sqsd;
/// src/jobs/README.md lists the headers. What a header can't carry as it is, is percent-encoded, and the
/// header is named in X-Lastcall-Percent-Encoded. An attribute whose name can't be a header's is left out and
/// logged.
void add_message(http::request&, const message&, const std::string& queue_name,
                 const std::string& checkpoint);

}  // namespace lastcall::jobs
