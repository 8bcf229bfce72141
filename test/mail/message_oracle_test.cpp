#include "base/encoding.hpp"
#include "jobs/scratch_folder.hpp"
#include "mail/message.hpp"
#include "runtime/random.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <fstream>

using namespace lastcall;
using namespace lastcall::mail;
using nlohmann::json;

namespace {

json to_json(const mailbox& m) { return {{"name", m.name}, {"address", m.address}}; }

json to_json(const std::vector<mailbox>& mailboxes) {
  json out = json::array();
  for (const mailbox& m : mailboxes)
    out.push_back(to_json(m));
  return out;
}

json to_json(const email& e, const message_identity& identity) {
  json out{
      {"from", to_json(e.from)},
      {"to", to_json(e.to)},
      {"cc", to_json(e.cc)},
      {"reply_to", to_json(e.reply_to)},
      {"subject", e.subject},
      {"text", e.text ? json(*e.text) : json()},
      {"html", e.html ? json(*e.html) : json()},
      {"headers", e.headers},
      {"attachments", json::array()},
      {"images", json::array()},
      {"message_id", identity.message_id},
      {"date", std::chrono::duration_cast<std::chrono::seconds>(identity.date.time_since_epoch()).count()},
      {"needs_smtputf8", envelope_of(e).needs_smtputf8}};
  for (const attachment& a : e.attachments)
    out["attachments"].push_back(
        {{"filename", a.filename}, {"content_type", a.content_type}, {"content", to_base64(a.content)}});
  for (const inline_image& i : e.images)
    out["images"].push_back({{"id", i.content_id}, {"content", to_base64(i.content)}});
  return out;
}

/// Makes emails of all that is awkward, as the seed says.
class email_generator {
 public:
  explicit email_generator(std::uint64_t seed) : random_(seed) {}

  email make() {
    email e;
    e.from = someone();
    for (auto* list : {&e.to, &e.cc, &e.bcc, &e.reply_to})
      for (std::size_t n = below(4); n > 0; --n)
        list->push_back(someone());
    if (e.to.empty() && e.cc.empty()) e.to.push_back(someone());
    e.subject = header_text();
    if (below(3) != 0) e.text = body();
    if (!e.text || below(2) == 0) e.html = "<html>" + body() + "</html>";
    if (below(3) == 0) e.headers = {{"X-Campaign", header_text()}, {"List-Id", "<news.example.com>"}};
    if (below(3) == 0)
      for (std::size_t n = below(3); n > 0; --n)
        e.attachments.push_back({filename(), "application/octet-stream", bytes()});
    if (e.html && below(3) == 0)
      e.images.push_back({"image" + std::to_string(below(9)), "image/png", filename(), bytes()});
    return e;
  }

 private:
  std::size_t below(std::size_t n) { return random_.next() % n; }

  std::string from(const std::vector<std::string>& pieces, std::size_t count, std::string_view between) {
    std::string out;
    for (std::size_t i = 0; i < count; ++i) {
      if (i != 0) out += between;
      out += pieces[below(pieces.size())];
    }
    return out;
  }
  std::string words(std::size_t count) {
    static const std::vector<std::string> all{"the",
                                              "quick",
                                              "Grüße",
                                              "夏草や",
                                              "🎉",
                                              "a,b",
                                              "\"quoted\"",
                                              "back\\slash",
                                              "semi;colon",
                                              "x@y",
                                              "Ďábel",
                                              "(par)",
                                              "=20",
                                              "e.g.",
                                              "Ünïcödé",
                                              "100%",
                                              "it's",
                                              "a_b?c=d",
                                              "<tag>",
                                              "?=",
                                              "=?",
                                              "[brack]",
                                              "long-word-without-any-space-in-it-that-goes-on-and-on"};
    return from(all, count, " ");
  }
  std::string header_text() {
    return below(12) == 0 ? std::string(below(120), 'x') + "z" : words(1 + below(25));
  }
  std::string filename() { return words(1 + below(6)) + ".bin"; }
  mailbox someone() {
    static const std::vector<std::string> addresses{"ada@example.com", "b.o.b+tag@sub.example.org",
                                                    "\"odd local\"@example.net", "x@localhost"};
    return {below(3) == 0 ? std::string() : words(1 + below(4)), addresses[below(addresses.size())]};
  }
  std::string body() {
    static const std::vector<std::string> lines{
        "From here",     "",      ".",   "..",    " leading",
        "trailing ",     "tab\t", "--",  "--=_0", std::string(300, 'x'),
        "Žluťoučký kůň", "=3D",   "\x07"};
    static const std::vector<std::string> breaks{"\n", "\r\n", "\r"};
    std::string out;
    for (std::size_t n = below(12); n > 0; --n) {
      out += below(2) == 0 ? words(1 + below(30)) : lines[below(lines.size())];
      out += breaks[below(breaks.size())];
    }
    return below(2) == 0 ? out + words(2) : out;
  }
  std::string bytes() {
    std::string out(below(400), '\0');
    for (char& c : out)
      c = static_cast<char>(random_.next());
    return out;
  }

  seeded_random random_;
};

}  // namespace

TEST_CASE("Python's email package reads back what was asked for, field by field") {
  if (std::system("command -v python3 >/dev/null 2>&1") != 0) {
    MESSAGE("skipped: there is no python3");
    return;
  }
  const testing::scratch_folder folder;
  std::string command = "python3 '" LASTCALL_TEST_DATA "/../mail/message_oracle.py'";
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    const email e = email_generator(seed).make();
    const message_identity identity{
        message_id_of(std::to_string(seed), envelope_of(e)),
        std::chrono::system_clock::time_point{std::chrono::seconds(1700000000 + seed)}};
    const std::string stem = folder.file(std::to_string(seed));
    std::ofstream(stem + ".eml", std::ios::binary) << build_message(e, identity).value();
    std::ofstream(stem + ".json") << to_json(e, identity).dump();
    command += " '" + stem + "'";
  }
  CHECK(std::system(command.c_str()) == 0);
}
