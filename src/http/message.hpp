#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lastcall::http {

struct header {
  std::string name;
  std::string value;
};

/// Header fields in the order of the wire. Names compare without regard to case (RFC 9110 §5.1).
class headers {
 public:
  void add(std::string name, std::string value) {
    if (fields_.empty()) fields_.reserve(usual);
    fields_.push_back({std::move(name), std::move(value)});
  }
  /// The first value of that name, or an empty text.
  std::string_view get(std::string_view name) const noexcept;
  bool has(std::string_view name) const noexcept;
  auto begin() const noexcept { return fields_.begin(); }
  auto end() const noexcept { return fields_.end(); }
  std::size_t size() const noexcept { return fields_.size(); }

 private:
  static constexpr std::size_t usual = 8;  ///< few messages have more
  std::vector<header> fields_;
};

struct request {
  std::string method{"GET"};
  std::string target{"/"};
  http::headers headers;  ///< without Host, Content-Length and Connection: the codec writes them
  std::string body;
};

struct response {
  unsigned status{200};
  http::headers headers;  ///< on sending, without Content-Length and Connection
  std::string body;
};

}  // namespace lastcall::http
