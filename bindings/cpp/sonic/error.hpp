// Errors, and what the handles of all parts share. A part of sonic.hpp.

#ifndef SONIC_CPP_ERROR_HPP
#define SONIC_CPP_ERROR_HPP

#include <memory>
#include <optional>
#include <sonic/sonic.h>
#include <stdexcept>
#include <string>
#include <string_view>

namespace sonic {

// What a caller can do about an error.
enum class error_kind {
    invalid_argument = SONIC_ERROR_INVALID_ARGUMENT,
    not_found = SONIC_ERROR_NOT_FOUND,
    malformed = SONIC_ERROR_MALFORMED,
    unsupported = SONIC_ERROR_UNSUPPORTED,
    limit = SONIC_ERROR_LIMIT,
    mismatch = SONIC_ERROR_MISMATCH,
    io = SONIC_ERROR_IO,
    model = SONIC_ERROR_MODEL,
    closed = SONIC_ERROR_CLOSED,
    internal = SONIC_ERROR_INTERNAL,
    busy = SONIC_ERROR_BUSY,
};

// Everything that goes wrong; `what()` says what to do.
class error : public std::runtime_error {
  public:
    error(sonic_status status, const char *message)
        : std::runtime_error(message), kind_(static_cast<error_kind>(status)) {}

    error_kind kind() const noexcept { return kind_; }
    // The kind's name, the same in every language: "not_found".
    const char *kind_name() const noexcept { return sonic_status_name(static_cast<int>(kind_)); }

  private:
    error_kind kind_;
};

namespace detail {

inline void check(sonic_status status) {
    if (status != SONIC_OK) throw error(status, sonic_last_error());
}

template <auto Free> struct deleter {
    template <class T> void operator()(T *handle) const noexcept { Free(handle); }
};

template <class T, auto Free> using handle = std::unique_ptr<T, deleter<Free>>;

// Runs `call(&pointer)` and takes over what it made.
template <class Handle, class Call> Handle made(Call call) {
    typename Handle::pointer pointer = nullptr;
    check(call(&pointer));
    return Handle(pointer);
}

// An options struct of C with its defaults.
template <class Options, class Init> Options initialised(Init init) {
    Options options;
    check(init(&options, sizeof options));
    return options;
}

inline std::optional<std::string> optional_text(const char *text) {
    return text ? std::optional<std::string>(text) : std::nullopt;
}

// C's text ends at its first zero byte: one inside would make it name something else.
inline const std::string &whole(const std::string &text) {
    if (text.find('\0') != std::string::npos) {
        throw error(SONIC_ERROR_INVALID_ARGUMENT, "a text has a zero byte in it, which C cannot pass on");
    }
    return text;
}

inline std::string c_text(std::string_view text) { return whole(std::string(text)); }

inline const char *pointer_or_null(const std::optional<std::string> &text) {
    return text ? whole(*text).c_str() : nullptr;
}

} // namespace detail

} // namespace sonic

#endif
