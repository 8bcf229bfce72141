#include "http/parser.hpp"

#include "base/encoding.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <cassert>
#include <limits>
#include <optional>

namespace lastcall::http {

namespace beast = boost::beast;
namespace asio = boost::asio;
using beast::error_code;

namespace {

constexpr std::size_t first_body_reserve = 256UL * 1024;  // a peer's word alone reserves no more than this

/// What both directions share. Beast's parser calls the `on_…_impl` with each part. Its own header limit
/// holds for one call of `put` only and leaves out the trailers, so all bytes of fields are counted here.
template <bool is_request>
class message_parser : public beast::http::basic_parser<is_request> {
 public:
  explicit message_parser(message_limits limits) : limits_(limits) {
    const std::size_t most = std::numeric_limits<std::uint32_t>::max();
    this->header_limit(static_cast<std::uint32_t>(std::min(limits.header_bytes, most)));
    this->body_limit(limits.body_bytes);
    this->eager(true);
  }

  headers fields;
  std::string body;
  unsigned version{11};
  unsigned hosts{0};
  bool is_coding_unknown{false};
  bool has_expectation{false};

 protected:
  void count(std::size_t bytes, error_code& ec) {
    used_ += bytes;
    if (used_ > limits_.header_bytes) ec = beast::http::error::header_limit;
  }

  void on_field_impl(beast::http::field known, beast::string_view name, beast::string_view value,
                     error_code& ec) override {
    count(name.size() + value.size() + 4, ec);
    if (ec || this->is_header_done()) return;  // trailers are no headers (RFC 9110 §6.5.1)
    if (known == beast::http::field::transfer_encoding && !beast::iequals(value, "chunked"))
      is_coding_unknown = true;
    if (known == beast::http::field::host) ++hosts;
    if (known == beast::http::field::expect && beast::iequals(value, "100-continue")) has_expectation = true;
    fields.add(std::string(name), std::string(value));
  }
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) override {
    if (length) body.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(*length, first_body_reserve)));
  }
  std::size_t on_body_impl(beast::string_view part, error_code&) override {
    body.append(part.data(), part.size());
    return part.size();
  }
  void on_chunk_header_impl(std::uint64_t, beast::string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view part, error_code& ec) override {
    return on_body_impl(part, ec);
  }
  void on_finish_impl(error_code&) override {}

 private:
  message_limits limits_;
  std::size_t used_{0};
};

class answer_parser final : public message_parser<false> {
 public:
  using message_parser::message_parser;
  unsigned status{0};

 private:
  void on_request_impl(beast::http::verb, beast::string_view, beast::string_view, int, error_code&) override {
  }
  void on_response_impl(int code, beast::string_view reason, int v, error_code& ec) override {
    status = static_cast<unsigned>(code);
    version = static_cast<unsigned>(v);
    count(reason.size() + 15, ec);
  }
};

class question_parser final : public message_parser<true> {
 public:
  using message_parser::message_parser;
  std::string method;
  std::string target;

 private:
  void on_request_impl(beast::http::verb, beast::string_view m, beast::string_view t, int v,
                       error_code& ec) override {
    method = m;
    target = t;
    version = static_cast<unsigned>(v);
    count(m.size() + t.size() + 12, ec);
  }
  void on_response_impl(int, beast::string_view, int, error_code&) override {}
};

/// Feeds a parser. `held_back` remembers that it has asked for more while reading a chunk's header.
template <class Parser>
std::size_t feed(Parser& parser, std::string_view bytes, bool& held_back, error_code& ec) {
  // Every continuation of a chunked body is at least five bytes long ("0\r\n\r\n"). Given four, Beast 1.81
  // runs into an assertion of its own when it has already seen the size of the last chunk.
  if (held_back && bytes.size() < 5) return 0;
  const std::size_t used = parser.put(asio::const_buffer(bytes.data(), bytes.size()), ec);
  held_back = ec == beast::http::error::need_more && parser.is_header_done();
  if (ec == beast::http::error::need_more) ec = {};
  return used;
}

bool is_one_of(error_code ec, std::initializer_list<beast::http::error> list) {
  return std::any_of(list.begin(), list.end(), [&](beast::http::error e) { return ec == e; });
}

/// The path of a target in absolute form, which servers must accept (RFC 9112 §3.2.2).
std::string without_origin(std::string target) {
  const std::size_t colon = target.find("://");
  if (colon == std::string::npos) return target;
  const beast::string_view scheme(target.data(), colon);
  if (!beast::iequals(scheme, "http") && !beast::iequals(scheme, "https")) return target;
  const std::size_t path = target.find_first_of("/?", colon + 3);
  target.erase(0, path);
  if (target.empty() || target.front() == '?') target.insert(0, "/");
  return target;
}

error refused(const char* status, std::string message) {
  return error{error_kind::protocol, status, std::move(message)};
}

}  // namespace

struct response_parser::state {
  explicit state(message_limits l) : limits(l) {}

  message_limits limits;
  std::optional<answer_parser> parser;
  bool is_to_head{false};
  bool is_held_back{false};
  bool has_begun{false};

  void restart() {
    parser.emplace(limits);
    parser->skip(is_to_head);
    is_held_back = false;
  }
  bool is_interim() const { return parser->is_done() && parser->status / 100 == 1; }
};

response_parser::response_parser(message_limits limits) : state_(std::make_unique<state>(limits)) {}
response_parser::~response_parser() = default;

void response_parser::begin(bool is_to_head) {
  state_->is_to_head = is_to_head;
  state_->has_begun = false;
  state_->restart();
}

result<std::size_t> response_parser::put(std::string_view bytes) {
  std::size_t used = 0;
  state_->has_begun = state_->has_begun || !bytes.empty();
  while (used < bytes.size()) {
    error_code ec;
    answer_parser& parser = *state_->parser;
    used += feed(parser, bytes.substr(used), state_->is_held_back, ec);
    if (is_one_of(ec, {beast::http::error::header_limit}))
      return refused("", "the headers of the answer are larger than the limit of " +
                             std::to_string(state_->limits.header_bytes) + " bytes");
    if (is_one_of(ec, {beast::http::error::body_limit}))
      return refused("", "the body of the answer is larger than the limit of " +
                             std::to_string(state_->limits.body_bytes) + " bytes");
    if (ec) {
      const std::string start = printable(bytes.substr(0, 40), 60);
      return refused(
          "", "the answer is not valid HTTP/1.1 (" + ec.message() + "); it begins with '" + start + "'");
    }
    if (parser.is_header_done() && parser.is_coding_unknown)
      return refused("", "the answer comes in a transfer coding that was not asked for");
    if (!state_->is_interim()) break;
    if (parser.status == 101) return refused("", "the answer switches to a protocol that was not asked for");
    state_->restart();
  }
  return used;
}

result<void> response_parser::put_end() {
  error_code ec = beast::http::error::partial_message;
  if (state_->parser->got_some()) state_->parser->put_eof(ec);
  if (ec) return refused("eof", "the connection ended within the answer");
  return {};
}

bool response_parser::is_done() const noexcept { return state_->parser->is_done(); }
bool response_parser::has_begun() const noexcept { return state_->has_begun; }
bool response_parser::may_keep_alive() const noexcept { return state_->parser->keep_alive(); }

response response_parser::take() {
  assert(is_done());
  return response{state_->parser->status, std::move(state_->parser->fields), std::move(state_->parser->body)};
}

struct request_parser::state {
  explicit state(message_limits l) : limits(l) {}

  message_limits limits;
  std::optional<question_parser> parser;
  bool is_held_back{false};
  bool is_checked{false};

  /// What Beast lets pass and a server must not (RFC 9112 §3.2, §6.1).
  result<void> check() const {
    if (parser->is_coding_unknown)
      return refused("501", "the request comes in a transfer coding other than chunked");
    if (parser->version == 10 && parser->chunked())
      return refused("400", "a request of HTTP/1.0 can't be chunked");
    if (parser->hosts > 1 || (parser->hosts == 0 && parser->version == 11))
      return refused("400", "the request must have one Host header");
    return {};
  }
};

request_parser::request_parser(message_limits limits) : state_(std::make_unique<state>(limits)) { begin(); }
request_parser::~request_parser() = default;

void request_parser::begin() {
  state_->parser.emplace(state_->limits);
  state_->is_held_back = false;
  state_->is_checked = false;
}

result<std::size_t> request_parser::put(std::string_view bytes) {
  question_parser& parser = *state_->parser;
  std::size_t used = 0;
  if (!parser.got_some())
    while (used < bytes.size() && (bytes[used] == '\r' || bytes[used] == '\n'))
      ++used;
  if (used == bytes.size()) return used;
  error_code ec;
  used += feed(parser, bytes.substr(used), state_->is_held_back, ec);
  if (is_one_of(ec, {beast::http::error::header_limit}))
    return refused("431", "the headers are larger than the limit of " +
                              std::to_string(state_->limits.header_bytes) + " bytes");
  if (is_one_of(ec, {beast::http::error::body_limit}))
    return refused("413", "the body is larger than the limit of " +
                              std::to_string(state_->limits.body_bytes) + " bytes");
  if (ec == beast::http::error::bad_version)
    return refused("505", "only HTTP/1.0 and HTTP/1.1 are spoken here");
  if (ec) return refused("400", "the request is not valid HTTP/1.1: " + ec.message());
  if (parser.is_header_done() && !state_->is_checked) {
    state_->is_checked = true;
    const result<void> checked = state_->check();
    if (!checked) return checked.error();
  }
  return used;
}

bool request_parser::is_done() const noexcept { return state_->parser->is_done(); }
bool request_parser::has_begun() const noexcept { return state_->parser->got_some(); }
bool request_parser::is_header_done() const noexcept { return state_->parser->is_header_done(); }
bool request_parser::expects_continue() const noexcept {
  return state_->parser->has_expectation && state_->parser->version == 11;
}
bool request_parser::may_keep_alive() const noexcept {
  return state_->parser->keep_alive() && state_->parser->version == 11;
}

request request_parser::take() {
  assert(is_done());
  question_parser& parser = *state_->parser;
  return request{std::move(parser.method), without_origin(std::move(parser.target)), std::move(parser.fields),
                 std::move(parser.body)};
}

}  // namespace lastcall::http
