#pragma once

#include "http/message.hpp"

#include <optional>
#include <string_view>

namespace lastcall::broker {

class server;

/// Whether a browser asks for the server itself, which then shows it the page.
bool wants_page(const http::request&) noexcept;

/// The web page of the server, and what it is made of and asks for:
///
///     GET  /_lastcall/                the page; its parts are beside it, embedded in the binary
///     GET  /_lastcall/queues.json     all queues of all accounts and regions, counted
///     GET  /_lastcall/messages.json   ?queue=/queue/<region>/<account>/<name>: the oldest messages of a queue,
///                                     seen without being received
///     POST /_lastcall/api             an operation of SQS, as the JSON protocol has it, without a signature and
///                                     without waiting
///     POST /_lastcall/drop            {"queue", "serial"}: takes a message out, whatever its state
///
/// Nothing where the path is none of these. The caller has refused what comes from other sites. On the
/// server's strand only.
std::optional<http::response> answer_console(server&, const http::request&);

}  // namespace lastcall::broker
