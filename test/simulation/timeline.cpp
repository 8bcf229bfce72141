#include "simulation/timeline.hpp"

#include "simulation/scheduler.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <vector>

namespace lastcall::simulation {
namespace {

constexpr double left = 96, right = 24, width = 1180, row_height = 13, bar_height = 9, head_height = 22,
                 gap = 14;
constexpr double legend_height = 58, axis_height = 26;

/// What is drawn on a row: one poll, or one message that the process holds.
struct bar {
  steady_time from{};
  steady_time to{};
  std::string look;  ///< the class of the bar
  std::string label;
  std::string title;
  struct part {
    steady_time from;
    steady_time to;
    std::string look;
  };
  std::vector<part> parts;  ///< upon it: the job of a message
  struct tick {
    steady_time at;
    std::string look;
    std::string title;
  };
  std::vector<tick> ticks;
};

struct lane_picture {
  steady_time began{};
  steady_time ended{};
  std::string end_title;
  std::map<std::uint64_t, bar> polls;
  std::map<std::uint64_t, bar> messages;
  std::vector<bar::tick> signals;
  std::vector<bar::part> states;
};

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<')
      out += "&lt;";
    else if (c == '&')
      out += "&amp;";
    else
      out += c;
  }
  return out;
}

/// Gathers what is to be drawn, event by event.
class gathering {
 public:
  explicit gathering(const trace& t) {
    for (const trace::event& e : t.events())
      if (e.process != trace::world) add(e);
    for (auto& [number, l] : lanes_)
      finish(l);
  }
  const std::map<std::size_t, lane_picture>& lanes() const noexcept { return lanes_; }
  steady_time last() const noexcept { return last_; }

 private:
  void add(const trace::event& e);
  void add_to_message(bar&, const trace::event&);
  static void finish(lane_picture&);

  std::map<std::size_t, lane_picture> lanes_;
  steady_time last_{scheduler::start()};
};

void gathering::add(const trace::event& e) {
  lane_picture& l = lanes_[e.process];
  if (l.ended != steady_time{} && e.what != trace::kind::end) return;  // a late effect at the service
  last_ = std::max(last_, e.at);
  switch (e.what) {
    case trace::kind::begin:
      l.began = e.at;
      break;
    case trace::kind::end:
      l.ended = e.at;
      l.end_title = e.text;
      break;
    case trace::kind::signal:
      l.signals.push_back({e.at, "signal", e.text});
      break;
    case trace::kind::state:
      if (!l.states.empty()) l.states.back().to = e.at;
      l.states.push_back({e.at, {}, e.text});
      break;
    case trace::kind::poll:
      l.polls[e.span] = {e.at, {}, "poll open", "", e.text, {}, {}};
      break;
    case trace::kind::poll_end: {
      bar& b = l.polls[e.span];
      b.to = e.at;
      b.look = e.value < 0 ? "poll failed" : e.value == 0 ? "poll empty" : "poll brought";
      if (!l.signals.empty() && e.value > 0) b.look = "poll late";
      if (e.value > 0) b.label = std::to_string(e.value);
      b.title += "\n" + e.text;
      break;
    }
    case trace::kind::held:
      l.messages[e.span] = {
          e.at, {}, l.signals.empty() ? "held" : "held late", std::to_string(e.value), e.text, {}, {}};
      break;
    default:
      if (const auto found = l.messages.find(e.span); found != l.messages.end())
        add_to_message(found->second, e);
  }
}

void gathering::add_to_message(bar& b, const trace::event& e) {
  constexpr std::array results{"job done", "job retried", "job failed", "job stopped"};
  switch (e.what) {
    case trace::kind::job:
      b.parts.push_back({e.at, {}, "job running"});
      break;
    case trace::kind::told:
      b.ticks.push_back({e.at, "told", e.text});
      break;
    case trace::kind::job_end:
      b.parts.back().to = e.at;
      b.parts.back().look = results[static_cast<std::size_t>(e.value)];
      break;
    case trace::kind::extend:
      b.ticks.push_back({e.at, "extend", e.text});
      break;
    case trace::kind::release:
      b.ticks.push_back({e.at, "release", e.text});
      break;
    case trace::kind::remove:
      b.ticks.push_back({e.at, "remove", e.text});
      break;
    case trace::kind::answer:
      b.to = e.at;
      break;
    default:
      return;
  }
  b.title +=
      fmt::format("\n{:.3f} s: {}", std::chrono::duration<double>(e.at - scheduler::start()).count(), e.text);
}

/// What was not over when the process ended, ends with it.
void gathering::finish(lane_picture& l) {
  const steady_time end = l.ended == steady_time{} ? steady_time::max() : l.ended;
  const auto close = [end](steady_time& to) {
    if (to == steady_time{}) to = end;
  };
  if (!l.states.empty()) close(l.states.back().to);
  for (auto* all : {&l.polls, &l.messages})
    for (auto& [number, b] : *all) {
      close(b.to);
      for (bar::part& p : b.parts)
        close(p.to);
    }
}

/// Puts bars on as few rows as there are room for.
class rows {
 public:
  std::size_t place(const bar& b) {
    std::size_t row = 0;
    while (row < free_from_.size() && free_from_[row] > b.from)
      ++row;
    if (row == free_from_.size()) free_from_.emplace_back();
    free_from_[row] = b.to;
    return row;
  }
  std::size_t count() const noexcept { return free_from_.size(); }

 private:
  std::vector<steady_time> free_from_;
};

constexpr std::string_view style = R"(<style>
svg{font:11px system-ui,sans-serif;background:#fff}
text{fill:#24292f}.soft{fill:#6e7781}.name{font-weight:600}.title{font-size:13px;font-weight:600}
.grid{stroke:#d8dee4;stroke-width:1}.ground{fill:#f6f8fa}
.poll{stroke-width:1}.open,.failed{fill:#ffebe9;stroke:#cf222e}.empty{fill:#eaeef2;stroke:#8c959f}
.brought{fill:#ddf4ff;stroke:#0969da}.poll.late{fill:#fff1c2;stroke:#bf8700}
.held{fill:#eaeef2;stroke:#8c959f;stroke-width:.5}.held.late{fill:#fff1c2;stroke:#bf8700}
.job{stroke:none}.done{fill:#2da44e}.running{fill:#8250df}.retried,.job.failed{fill:#cf222e}.stopped{fill:#bc4c00}
.tick{stroke-width:1.6}.extend{stroke:#0969da}.release{stroke:#bf8700}.remove{stroke:#116329}.told{stroke:#bc4c00;stroke-width:3}
.signal{stroke:#cf222e;stroke-width:1.4;stroke-dasharray:4 2}.signal-text{fill:#cf222e}.end{stroke:#24292f;stroke-width:2}
.state{opacity:.9}.state.running{fill:#dafbe1}.state.closing{fill:#fff1c2}.state.finishing{fill:#ddf4ff}.state.cutting{fill:#ffd8b5}.state.stopped{fill:#d0d7de}
@media (prefers-color-scheme:dark){
svg{background:#0d1117}text{fill:#e6edf3}.soft{fill:#8d96a0}.grid{stroke:#30363d}.ground{fill:#161b22}
.open,.failed{fill:#4c1216;stroke:#ff7b72}.empty{fill:#21262d;stroke:#8d96a0}.brought{fill:#0c2d6b;stroke:#58a6ff}
.poll.late,.held.late{fill:#4b3300;stroke:#e3b341}.held{fill:#21262d;stroke:#8d96a0}
.done{fill:#3fb950}.running{fill:#a371f7}.retried,.job.failed{fill:#ff7b72}.stopped{fill:#f0883e}
.extend{stroke:#79c0ff}.release{stroke:#e3b341}.remove{stroke:#aff5b4}.told{stroke:#f0883e}
.signal{stroke:#ff7b72}.signal-text{fill:#ff7b72}.end{stroke:#e6edf3}
.state.running{fill:#0f2d1a}.state.closing{fill:#4b3300}.state.finishing{fill:#0c2d6b}.state.cutting{fill:#5a2a00}.state.stopped{fill:#30363d}}
</style>
)";

class picture {
 public:
  picture(const gathering& g, std::string_view title) {
    from_ = scheduler::start();
    to_ = std::max(g.last(), from_ + std::chrono::milliseconds(1));
    y_ = legend_height + axis_height;
    for (const auto& [number, l] : g.lanes())
      draw(number, l);
    const double height = y_ + 10;
    text_ =
        fmt::format(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1:.0f}\" width=\"{0}\" height=\"{1:.0f}\" "
            "role=\"img\">\n<title>{2}</title>\n",
            width, height, escaped(title)) +
        std::string(style) +
        fmt::format("<text class=\"title\" x=\"8\" y=\"18\">{}</text>\n", escaped(title)) + legend() +
        axis(height) + text_ + "</svg>\n";
  }
  const std::string& text() const noexcept { return text_; }

 private:
  double x(steady_time t) const {
    const double share =
        std::chrono::duration<double>(std::min(t, to_) - from_) / std::chrono::duration<double>(to_ - from_);
    return left + share * (width - left - right);
  }
  void rectangle(steady_time a, steady_time b, double y, double height, std::string_view look,
                 std::string_view title) {
    text_ += fmt::format(
        "<rect class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.0f}\" rx=\"1.5\"", look,
        x(a), y, std::max(1.5, x(b) - x(a)), height);
    text_ += title.empty() ? "/>\n" : fmt::format("><title>{}</title></rect>\n", escaped(title));
  }
  void line(steady_time at, double y1, double y2, std::string_view look, std::string_view title) {
    text_ += fmt::format("<path class=\"{}\" d=\"M{:.1f} {:.1f}V{:.1f}\"><title>{}</title></path>\n", look,
                         x(at), y1, y2, escaped(title));
  }
  void draw(std::size_t number, const lane_picture&);
  void draw(const std::map<std::uint64_t, bar>&, std::string_view name);
  static std::string legend();
  std::string axis(double height) const;

  steady_time from_;
  steady_time to_;
  double y_{};
  std::string text_;
};

void picture::draw(std::size_t number, const lane_picture& l) {
  const double top = y_;
  text_ += fmt::format("<text class=\"name\" x=\"8\" y=\"{:.0f}\">worker {}</text>\n", y_ + 12, number);
  const steady_time end = l.ended == steady_time{} ? to_ : l.ended;
  if (l.states.empty()) rectangle(l.began, end, y_ + 2, head_height - 8, "state running", "running");
  for (const bar::part& s : l.states) {
    rectangle(s.from, s.to, y_ + 2, head_height - 8, "state " + s.look, s.look);
    const double room = s.look == "running" ? 100 : 46;  // the first signal is named at its end
    if (x(s.to) - x(s.from) > room)
      text_ += fmt::format("<text class=\"soft\" x=\"{:.1f}\" y=\"{:.0f}\">{}</text>\n", x(s.from) + 4,
                           y_ + 13, s.look);
  }
  y_ += head_height;
  draw(l.polls, "polls");
  draw(l.messages, "messages");
  for (const bar::tick& s : l.signals) {
    line(s.at, top, y_, "signal", s.title);
    text_ +=
        fmt::format("<text class=\"signal-text\" x=\"{:.1f}\" y=\"{:.0f}\" text-anchor=\"end\">{}</text>\n",
                    x(s.at) - 4, top + 12, s.title);
  }
  if (l.ended != steady_time{}) line(l.ended, top, y_, "end", l.end_title);
  y_ += gap;
}

void picture::draw(const std::map<std::uint64_t, bar>& bars, std::string_view name) {
  if (bars.empty()) return;
  rows placed;
  std::vector<std::pair<const bar*, std::size_t>> order;
  for (const auto& [number, b] : bars)
    order.emplace_back(&b, placed.place(b));
  text_ += fmt::format("<text class=\"soft\" x=\"20\" y=\"{:.0f}\">{}</text>\n", y_ + 9, name);
  for (const auto& [b, row] : order) {
    const double y = y_ + static_cast<double>(row) * row_height;
    rectangle(b->from, b->to, y, bar_height, b->look, b->title);
    for (const bar::part& p : b->parts)
      rectangle(p.from, p.to, y + 2, bar_height - 4, p.look, b->title);
    for (const bar::tick& t : b->ticks)
      line(t.at, y - 1, y + bar_height + 1, "tick " + t.look, t.title);
    if (!b->label.empty() && b->parts.empty() && x(b->to) - x(b->from) > 14)
      text_ += fmt::format("<text class=\"soft\" x=\"{:.1f}\" y=\"{:.1f}\" font-size=\"8\">{}</text>\n",
                           x(b->from) + 2, y + 7.5, b->label);
  }
  y_ += static_cast<double>(placed.count()) * row_height + 3;
}

std::string picture::legend() {
  struct sample {
    const char* look;
    const char* name;
    bool is_line;
  };
  constexpr std::array samples{sample{"poll brought", "poll that brings messages", false},
                               sample{"poll late", "late answer", false},
                               sample{"poll empty", "empty", false},
                               sample{"poll failed", "no answer", false},
                               sample{"held", "message held", false},
                               sample{"held late", "held back", false},
                               sample{"job done", "job done", false},
                               sample{"job failed", "failed", false},
                               sample{"job stopped", "stopped", false},
                               sample{"job running", "goes on", false},
                               sample{"tick extend", "extend", true},
                               sample{"tick remove", "delete", true},
                               sample{"tick release", "release", true},
                               sample{"tick told", "told to stop", true}};
  std::string out;
  double at = 8;
  for (const sample& s : samples) {
    out += s.is_line
               ? fmt::format("<path class=\"{}\" d=\"M{} 30v11\"/>", s.look, at + 4)
               : fmt::format("<rect class=\"{}\" x=\"{}\" y=\"31\" width=\"14\" height=\"9\" rx=\"1.5\"/>",
                             s.look, at);
    at += s.is_line ? 10 : 18;
    const std::string_view name = s.name;
    out += fmt::format("<text class=\"soft\" x=\"{}\" y=\"40\">{}</text>\n", at, name);
    at += 14 + 5.6 * static_cast<double>(name.size());
  }
  return out;
}

std::string picture::axis(double height) const {
  const double seconds = std::chrono::duration<double>(to_ - from_).count();
  constexpr std::array steps{0.01, 0.02, 0.05, 0.1,   0.2,   0.5,   1.0,    2.0,    5.0,
                             10.0, 20.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 7200.0};
  double step = steps.back();
  for (const double s : steps)
    if (seconds / s <= 14) {
      step = s;
      break;
    }
  std::string out;
  for (int i = 0; i * step <= seconds; ++i) {
    const double at = i * step;
    const double where = left + at / seconds * (width - left - right);
    out += fmt::format(
        "<path class=\"grid\" d=\"M{0:.1f} {1}V{2:.0f}\"/><text class=\"soft\" x=\"{0:.1f}\" y=\"{3}\" "
        "text-anchor=\"middle\">{4:g} s</text>\n",
        where, legend_height + axis_height - 8, height - 6, legend_height + axis_height - 12, at);
  }
  return out;
}

}  // namespace

std::string as_timeline(const trace& t, std::string_view title) {
  return picture(gathering(t), title).text();
}

}  // namespace lastcall::simulation
