#pragma once

#include "broker/api_error.hpp"
#include "http/message.hpp"

#include <string_view>

namespace lastcall::broker {

class server;

/// Whether a path is the server's own and no queue's: /healthz, /metrics, and all below /_lastcall/.
bool is_own_path(std::string_view path) noexcept;

/// Answers a request to one of the server's own paths:
///
///     GET  /healthz          200 while the server serves; /_lastcall/health is the same
///     GET  /metrics          Prometheus' text format
///     POST /_lastcall/reset  forgets all queues, messages and move tasks
///     GET  /_lastcall/       the web page, and what belongs to it: console.hpp
///
/// What changes something is refused (403) where a browser sends it for a page of another site, and all below
/// /_lastcall/ where the host's name could be another site's (local_host.hpp). On the server's strand only.
http::response answer_own(server&, const http::request&);
/// The answer in place of one that could not be kept.
http::response refuse(const api_error&);

}  // namespace lastcall::broker
