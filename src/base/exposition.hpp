#pragma once

#include "base/duration_histogram.hpp"

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace lastcall {

/// A text in Prometheus' exposition format 0.0.4, written family by family. Every number exists already in
/// someone's books, so it is only written out: a metrics library would keep a second set of counters beside
/// those.
class exposition {
 public:
  /// What the format is called in a Content-Type.
  static constexpr std::string_view content_type = "text/plain; version=0.0.4; charset=utf-8";

  using labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  /// Begins a family of samples; `type` is "counter", "gauge" or "histogram", `help` a sentence.
  void family(std::string_view name, std::string_view type, std::string_view help);
  /// A sample of the family that was begun last. Any bytes may stand in a label's value.
  void sample(labels, std::uint64_t value);
  /// The same with a number as text: "1.500".
  void sample(labels, const std::string& value);
  /// The samples of a histogram, in seconds.
  void histogram(labels, const duration_histogram&);

  std::string take() { return std::move(text_); }

 private:
  void line(std::string_view suffix, labels, std::string_view longest, std::string_view value);

  std::string name_;
  std::string text_;
};

}  // namespace lastcall
