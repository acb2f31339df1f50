// A store of recordings, voices and faces. A part of sonic.hpp.

#ifndef SONIC_CPP_STORE_HPP
#define SONIC_CPP_STORE_HPP

#include "recordings.hpp"
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sonic {

enum class access {
    create = SONIC_ACCESS_CREATE,
    read_write = SONIC_ACCESS_READ_WRITE,
    read_only = SONIC_ACCESS_READ_ONLY,
};

// How far a store's file is looked at before it is used.
enum class verify {
    never = SONIC_VERIFY_NEVER,
    automatic = SONIC_VERIFY_AUTO,
    full = SONIC_VERIFY_FULL,
};

// A store of recordings, voices and faces, in a directory.
class store {
  public:
    explicit store(std::string_view path, access access = access::create, std::optional<std::uint64_t> map_size = {},
                   verify verify = verify::automatic) {
        auto options = detail::initialised<sonic_store_options>(sonic_store_options_init);
        options.access = static_cast<std::int32_t>(access);
        options.verify = static_cast<std::int32_t>(verify);
        options.map_size = map_size.value_or(options.map_size);
        std::string name = detail::c_text(path);
        handle_ = detail::made<handle>([&](auto out) { return sonic_store_open(name.c_str(), &options, out); });
    }

    sonic::recordings recordings() const { return sonic::recordings(*this); }

    // Shorthands for those of `recordings()`.
    added add(const source &of, const recording_options &options = {}) { return recordings().add(of, options); }
    added add(const fingerprint &of, const recording_options &options) { return recordings().add(of, options); }
    answer identify(const source &of, const identify_options &options = {}) const {
        return recordings().identify(of, options);
    }
    answer identify(const fingerprint &of, const identify_options &options = {}) const {
        return recordings().identify(of, options);
    }

    // Its `pipeline` is borrowed from the store.
    sonic_stats stats() const {
        sonic_stats stats{};
        stats.size = sizeof stats;
        detail::check(sonic_store_stats(get(), &stats));
        return stats;
    }

    void compact(const job &job = {}) {
        detail::check(sonic_store_compact(get(), job.c_cancel(), job.c_progress()));
    }

    // What is wrong with it, in words; nothing if it is sound.
    std::vector<std::string> check(const job &job = {}) const {
        using problems_handle = detail::handle<sonic_problems, sonic_problems_free>;
        auto problems = detail::made<problems_handle>(
            [&](auto out) { return sonic_store_check(get(), job.c_cancel(), job.c_progress(), out); });
        std::vector<std::string> out;
        for (std::size_t i = 0; i < sonic_problems_len(problems.get()); i++) {
            out.emplace_back(sonic_problems_message(problems.get(), i));
        }
        return out;
    }

    // Saves what is whole of the store in directory `from` to a new one in directory `to`.
    static sonic_salvaged salvage(const std::string &from, const std::string &to, const job &job = {}) {
        sonic_salvaged salvaged{};
        salvaged.size = sizeof salvaged;
        detail::check(sonic_store_salvage(from.c_str(), to.c_str(), job.c_cancel(), job.c_progress(), &salvaged));
        return salvaged;
    }

    // Every later use throws `closed`.
    void close() { detail::check(sonic_store_close(get())); }

    const sonic_store *get() const noexcept { return handle_.get(); }

  private:
    using handle = detail::handle<sonic_store, sonic_store_free>;
    handle handle_;
};

inline const sonic_store *recordings::get() const noexcept { return store_->get(); }

} // namespace sonic

#endif
