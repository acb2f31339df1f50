// Where bytes come from, and what a call that takes long can be given. A part of sonic.hpp.

#ifndef SONIC_CPP_SOURCE_HPP
#define SONIC_CPP_SOURCE_HPP

#include "error.hpp"
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sonic {

// Bytes that somebody else keeps.
struct bytes_view {
    const std::uint8_t *data = nullptr;
    std::size_t size = 0;

    bytes_view(const std::uint8_t *data, std::size_t size) : data(data), size(size) {}
    bytes_view(const std::vector<std::uint8_t> &bytes) : data(bytes.data()), size(bytes.size()) {}
};

// Where the bytes of a media file or a picture come from: a file, bytes that somebody else keeps for as long as this
// lives, or a function that reads. Paths and bytes become one by themselves.
class source {
  public:
    // Reads at most `len` bytes into `buffer`, and gives how many; 0 at the end. It may throw, which ends the call that
    // reads with an `io` error.
    using reader = std::function<std::size_t(std::uint8_t *buffer, std::size_t len)>;

    source(std::string_view path) {
        std::string name = detail::c_text(path);
        handle_ = detail::made<handle>([&](auto out) { return sonic_source_path(name.c_str(), out); });
    }
    source(const char *path) : source(std::string_view(path)) {}
    source(const std::string &path) : source(std::string_view(path)) {}
    source(bytes_view bytes)
        : handle_(detail::made<handle>([&](auto out) { return sonic_source_bytes(bytes.data, bytes.size, out); })) {}
    source(const std::uint8_t *data, std::size_t size) : source(bytes_view(data, size)) {}
    source(const std::vector<std::uint8_t> &bytes) : source(bytes_view(bytes)) {}
    // A stream, for one call. The function may be called by another thread.
    explicit source(reader read) : reader_(std::make_unique<reader>(std::move(read))) {
        handle_ = detail::made<handle>([&](auto out) { return sonic_source_reader(pull, reader_.get(), out); });
    }

    const sonic_source *get() const noexcept { return handle_.get(); }

  private:
    using handle = detail::handle<sonic_source, sonic_source_free>;

    static std::int64_t pull(void *state, std::uint8_t *buffer, std::size_t len) noexcept {
        try {
            return static_cast<std::int64_t>((*static_cast<reader *>(state))(buffer, len));
        } catch (...) {
            return -1;
        }
    }

    std::unique_ptr<reader> reader_;
    handle handle_;
};

// Stops calls that were given it; from any thread.
class cancel {
  public:
    cancel() : handle_(detail::made<handle>([](auto out) { return sonic_cancel_new(out); })) {}
    void operator()() const noexcept { sonic_cancel_cancel(handle_.get()); }
    bool cancelled() const noexcept { return sonic_cancel_cancelled(handle_.get()); }
    const sonic_cancel *get() const noexcept { return handle_.get(); }

  private:
    using handle = detail::handle<sonic_cancel, sonic_cancel_free>;
    handle handle_;
};

// How far a call is; for any thread to look at.
class progress {
  public:
    progress() : handle_(detail::made<handle>([](auto out) { return sonic_progress_new(out); })) {}
    std::uint64_t done() const noexcept { return sonic_progress_done(handle_.get()); }
    // 0 while it is not known.
    std::uint64_t total() const noexcept { return sonic_progress_total(handle_.get()); }
    const sonic_progress *get() const noexcept { return handle_.get(); }

  private:
    using handle = detail::handle<sonic_progress, sonic_progress_free>;
    handle handle_;
};

// What a call that may take long can be given; it must outlive the call.
struct job {
    const sonic::cancel *cancel = nullptr;
    const sonic::progress *progress = nullptr;

    const sonic_cancel *c_cancel() const noexcept { return cancel ? cancel->get() : nullptr; }
    const sonic_progress *c_progress() const noexcept { return progress ? progress->get() : nullptr; }
};

} // namespace sonic

#endif
