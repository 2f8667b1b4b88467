// IMAP load driver: logs in once, then runs each command given and times it from the first octet sent to the
// tagged answer. `imap-load HOST PORT USER PASSWORD COMMAND…` prints one JSON line a command. A command
// `@append COUNT SIZE` appends that many messages to INBOX first. Answers are only counted, not kept.
// Loopback only.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void fail(const char* what, const std::string& detail) {
  std::fprintf(stderr, "imap-load: %s: %s\n", what, detail.c_str());
  std::exit(1);
}

class Client {
 public:
  Client(const char* host, int port) {
    if (std::strncmp(host, "127.", 4) != 0) fail("only loopback", host);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    inet_pton(AF_INET, host, &address.sin_addr);
    fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
      fail("connect", std::strerror(errno));
    const int one = 1;
    setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    read_until("* OK");
  }

  /** Sends a command and waits for its OK; octets of the whole answer. */
  std::size_t command(const std::string& text) {
    const std::string tag = "t" + std::to_string(++tag_);
    send_all(tag + " " + text + "\r\n");
    return read_until(tag + " ");
  }

  void append(long count, std::size_t size) {
    std::string message =
        "From: a@b.test\r\nTo: c@d.test\r\nSubject: message\r\nDate: Wed, 25 Nov 2026 10:00:00 +0000\r\n\r\n";
    while (message.size() + 74 < size) message += std::string(72, 'y') + "\r\n";
    for (long i = 0; i < count; i++) {
      const std::string tag = "t" + std::to_string(++tag_);
      send_all(tag + " APPEND INBOX {" + std::to_string(message.size()) + "}\r\n");
      read_until("+ ");
      send_all(message + "\r\n");
      read_until(tag + " ");
    }
  }

 private:
  void send_all(const std::string& text) {
    std::size_t sent = 0;
    while (sent < text.size()) {
      const ssize_t wrote = write(fd_, text.data() + sent, text.size() - sent);
      if (wrote <= 0) fail("write", std::strerror(errno));
      sent += static_cast<std::size_t>(wrote);
    }
  }

  /** Reads until a line begins with `mark` (the last line of an answer, so only the tail is looked at). */
  std::size_t read_until(const std::string& mark) {
    std::size_t total = 0;
    std::string tail;
    for (;;) {
      const ssize_t got = read(fd_, buffer_, sizeof(buffer_));
      if (got <= 0) fail("the server closed the session", tail);
      total += static_cast<std::size_t>(got);
      const auto size = static_cast<std::size_t>(got);
      const std::size_t keep = size < 4096 ? size : 4096;
      tail.append(buffer_ + size - keep, keep);
      if (tail.size() > 8192) tail.erase(0, tail.size() - 8192);
      if (tail.size() < 2 || tail.compare(tail.size() - 2, 2, "\r\n") != 0) continue;
      const std::size_t before = tail.rfind("\r\n", tail.size() - 3);
      const std::string last = before == std::string::npos ? tail : tail.substr(before + 2);
      if (last.compare(0, mark.size(), mark) != 0) continue;
      if (mark[0] == 't' && last.compare(mark.size(), 2, "OK") != 0) fail("the command failed", last);
      return total;
    }
  }

  int fd_ = -1;
  int tag_ = 0;
  char buffer_[1 << 18];
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 6) fail("usage", "HOST PORT USER PASSWORD COMMAND...");
  Client client(argv[1], std::atoi(argv[2]));
  client.command(std::string("LOGIN ") + argv[3] + " " + argv[4]);
  for (int i = 5; i < argc; i++) {
    const std::string text = argv[i];
    const auto started = Clock::now();
    std::size_t octets = 0;
    long count = 0;
    std::size_t size = 0;
    if (std::sscanf(text.c_str(), "@append %ld %zu", &count, &size) == 2)
      client.append(count, size);
    else
      octets = client.command(text);
    const double ms = std::chrono::duration<double, std::milli>(Clock::now() - started).count();
    std::printf("{\"command\":\"%s\",\"ms\":%.3f,\"octets\":%zu}\n", text.c_str(), ms, octets);
  }
}
