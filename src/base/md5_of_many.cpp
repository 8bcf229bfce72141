#include "base/encoding.hpp"
#include "base/hash.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <span>

/// MD5 (RFC 1321) of several texts at once, each in a lane of its own. Every step of MD5 waits for the one
/// before it, so that a processor that hashes one text is idle most of the time. OpenSSL hashes one text at a
/// time, and takes twice as long for the bodies of a batch (test/bench/README.md).
namespace lastcall {
namespace {

constexpr std::size_t lanes = 8;
constexpr std::size_t block_bytes = 64;
constexpr std::size_t block_words = 16;

/// A number for each lane, in vectors of any size that the processor has.
using numbers = std::uint32_t __attribute__((vector_size(lanes * sizeof(std::uint32_t))));

/// A text as whole blocks: the last one or two have its end, the padding and its length (RFC 1321 §3.1, §3.2).
class padded_text {
 public:
  padded_text() : padded_text(std::string_view()) {}
  explicit padded_text(std::string_view text) : text_(text), whole_(text.size() / block_bytes) {
    const std::string_view rest = text.substr(whole_ * block_bytes);
    rest.copy(reinterpret_cast<char*>(end_.data()), rest.size());
    end_[rest.size()] = 0x80;
    const std::size_t end_bytes = rest.size() + 9 <= block_bytes ? block_bytes : 2 * block_bytes;
    std::uint64_t bits = std::uint64_t{text.size()} * 8;
    for (std::size_t i = end_bytes - 8; i != end_bytes; ++i, bits >>= 8)
      end_[i] = static_cast<unsigned char>(bits);
    blocks_ = whole_ + end_bytes / block_bytes;
  }

  std::size_t blocks() const noexcept { return blocks_; }
  /// After the last one comes any block.
  const unsigned char* block(std::size_t i) const noexcept {
    if (i < whole_) return reinterpret_cast<const unsigned char*>(text_.data()) + i * block_bytes;
    return end_.data() + std::min(i - whole_, std::size_t{1}) * block_bytes;
  }

 private:
  std::string_view text_;
  std::size_t whole_;
  std::size_t blocks_{0};
  std::array<unsigned char, 2 * block_bytes> end_{};
};

/// RFC 1321 §3.4: the table T.
constexpr std::array<std::uint32_t, 64> sines{
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};

/// By how much each round rotates, and which word of the block each of its steps takes.
struct round_rule {
  std::array<int, 4> shifts;
  unsigned word_factor;
  unsigned first_word;
};
constexpr std::array<round_rule, 4> rules{
    {{{7, 12, 17, 22}, 1, 0}, {{5, 9, 14, 20}, 5, 1}, {{4, 11, 16, 23}, 3, 5}, {{6, 10, 15, 21}, 7, 0}}};

struct state {
  numbers a = numbers{} + 0x67452301U;
  numbers b = numbers{} + 0xefcdab89U;
  numbers c = numbers{} + 0x98badcfeU;
  numbers d = numbers{} + 0x10325476U;
};

using block_of_each = std::array<numbers, block_words>;

template <unsigned Round, unsigned Step>
void step(numbers& a, const numbers& b, const numbers& c, const numbers& d,
          const block_of_each& block) noexcept {
  constexpr round_rule rule = rules[Round];
  constexpr int shift = rule.shifts[Step % 4];
  a += block[(rule.word_factor * Step + rule.first_word) % block_words] + sines[Round * 16 + Step];
  if constexpr (Round == 0) a += d ^ (b & (c ^ d));
  if constexpr (Round == 1) a += c ^ (d & (b ^ c));
  if constexpr (Round == 2) a += b ^ c ^ d;
  if constexpr (Round == 3) a += c ^ (b | ~d);
  a = b + ((a << shift) | (a >> (32 - shift)));
}

template <unsigned Round, unsigned Step = 0>
void round(state& s, const block_of_each& block) noexcept {
  step<Round, Step>(s.a, s.b, s.c, s.d, block);
  step<Round, Step + 1>(s.d, s.a, s.b, s.c, block);
  step<Round, Step + 2>(s.c, s.d, s.a, s.b, block);
  step<Round, Step + 3>(s.b, s.c, s.d, s.a, block);
  if constexpr (Step + 4 < 16) round<Round, Step + 4>(s, block);
}

std::uint32_t little_endian(const unsigned char* bytes) noexcept {
  return std::uint32_t{bytes[0]} | std::uint32_t{bytes[1]} << 8 | std::uint32_t{bytes[2]} << 16 |
         std::uint32_t{bytes[3]} << 24;
}

/// Adds the block to the digests whose lane is active.
void take_in(state& total, const block_of_each& block, const numbers& active) noexcept {
  state s = total;
  round<0>(s, block);
  round<1>(s, block);
  round<2>(s, block);
  round<3>(s, block);
  total.a += s.a & active;
  total.b += s.b & active;
  total.c += s.c & active;
  total.d += s.d & active;
}

std::string hex_of_lane(const state& s, std::size_t lane) {
  std::array<unsigned char, 16> bytes{};
  auto* at = bytes.data();
  for (std::uint32_t number : {s.a[lane], s.b[lane], s.c[lane], s.d[lane]})
    for (int i = 0; i < 4; ++i, number >>= 8)
      *at++ = static_cast<unsigned char>(number);
  return to_hex(as_text(bytes));
}

using group = std::array<padded_text, lanes>;

std::size_t most_blocks(const group& texts) noexcept {
  std::size_t most = 0;
  for (const padded_text& text : texts)
    most = std::max(most, text.blocks());
  return most;
}

state digest(const group& texts) noexcept {
  state total;
  for (std::size_t i = 0; i != most_blocks(texts); ++i) {
    std::uint32_t words[block_words][lanes];
    numbers active;
    for (std::size_t lane = 0; lane != lanes; ++lane) {
      const unsigned char* const bytes = texts[lane].block(i);
      for (std::size_t word = 0; word != block_words; ++word)
        words[word][lane] = little_endian(bytes + word * 4);
      active[lane] = i < texts[lane].blocks() ? ~std::uint32_t{0} : 0;
    }
    block_of_each block;
    static_assert(sizeof block == sizeof words);
    std::memcpy(&block, words, sizeof block);
    take_in(total, block, active);
  }
  return total;
}

/// Whether lanes are the faster way: they cost what the longest text costs, about twice of what it costs alone.
bool is_worth_it(std::span<const std::string_view> texts) noexcept {
  std::size_t longest = 0;
  std::size_t sum = 0;
  for (const std::string_view text : texts) {
    longest = std::max(longest, text.size());
    sum += text.size();
  }
  return texts.size() > 2 && sum > 3 * longest;
}

}  // namespace

std::vector<std::string> md5_hex_of_each(const std::vector<std::string_view>& texts) {
  std::vector<std::string> digests;
  digests.reserve(texts.size());
  for (std::size_t first = 0; first < texts.size(); first += lanes) {
    const auto some = std::span(texts).subspan(first, std::min(lanes, texts.size() - first));
    if (!is_worth_it(some)) {
      for (const std::string_view text : some)
        digests.push_back(md5_hex(text));
      continue;
    }
    group padded;
    for (std::size_t lane = 0; lane != some.size(); ++lane)
      padded[lane] = padded_text(some[lane]);
    const state done = digest(padded);
    for (std::size_t lane = 0; lane != some.size(); ++lane)
      digests.push_back(hex_of_lane(done, lane));
  }
  return digests;
}

}  // namespace lastcall
