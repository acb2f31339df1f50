// The voices of a store: who is speaking. A part of sonic.hpp.

#ifndef SONIC_CPP_VOICES_HPP
#define SONIC_CPP_VOICES_HPP

#include "embedder.hpp"
#include "store.hpp"
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sonic {

// The voiceprint of a person whose voice the store knows.
struct voiceprint {
    std::string person;
    std::string voiceprint_id;
    std::optional<std::string> user_id;
    std::uint32_t sample_count = 0;
    bool is_enrolled = false;

    static voiceprint from(const sonic_voiceprint &row) {
        return {row.person, row.voiceprint_id, detail::optional_text(row.user_id), row.sample_count, row.is_enrolled};
    }
};

// An analysed recording that was to be enrolled; `reason` says why it was left out.
struct voice_sample {
    std::optional<std::string> recording_id;
    std::optional<std::string> reason;
    std::optional<sonic_voice_quality> quality;

    static voice_sample from(const sonic_voice_sample &of) {
        return {detail::optional_text(of.recording_id), detail::optional_text(of.reason),
                of.quality ? std::optional<sonic_voice_quality>(*of.quality) : std::nullopt};
    }
};

// Another person whose voice it is, more likely than not.
struct similar_voiceprint {
    std::string person;
    std::string voiceprint_id;
    float score = 0;
    float probability = 0;
};

struct enrolled {
    sonic_enroll_status status{};
    std::uint32_t added = 0;
    std::uint32_t known = 0;
    std::uint32_t left_out = 0;
    sonic::voiceprint voiceprint;
    std::vector<voice_sample> samples;
    // Somebody enrolled under another name whose voice it is.
    std::optional<similar_voiceprint> similar_to;
};

struct enroll_options {
    sonic_quality_gate quality_gate = SONIC_QUALITY_GATE_DEFAULT;
    std::uint32_t min_samples = 3;
    std::uint32_t max_samples = 5;
    std::optional<std::string> user_id;
    bool only_usable = false; // Leave out what cannot be used, instead of throwing.
};

struct voice_match {
    std::string person;
    std::string voiceprint_id;
    std::optional<std::string> user_id;
    float score = 0;
    std::optional<float> normalized;
    float probability = 0;
    std::uint32_t sample_count = 0;
    bool is_enrolled = false;

    static voice_match from(const sonic_voice_match &m) {
        return {m.person,
                m.voiceprint_id,
                detail::optional_text(m.user_id),
                m.score,
                m.has_normalized ? std::optional<float>(m.normalized) : std::nullopt,
                m.probability,
                m.sample_count,
                m.is_enrolled};
    }
};

struct voice_answer {
    bool is_match = false;
    // Likeliest first; guesses if it is no match.
    std::vector<voice_match> matches;
    sonic_voice_quality quality{};

    // The answer in one: who is speaking, or nothing.
    std::optional<voice_match> best() const {
        return is_match && !matches.empty() ? std::optional<voice_match>(matches.front()) : std::nullopt;
    }
};

struct verification {
    bool is_match = false;
    voice_match claim;
    sonic_voice_quality quality{};
};

struct voice_identify_options {
    // Matches at most.
    std::size_t limit = 5;
    std::vector<std::string> exclude;
    // The cosine that decides, or without one the probability `accept`.
    std::optional<float> threshold;
    float accept = 0.5f;
    std::uint32_t threads = 0;
};

// The voices of a store, heard by an embedder; both must outlive this.
class voices {
  public:
    voices(const store &of, const voice_embedder &embedder) : store_(&of), embedder_(&embedder) {}

    // Enrols a person from files, sources or clips, all or none of them.
    enrolled enroll(std::string_view person, const std::vector<std::string> &paths, const enroll_options &options = {},
                    const job &job = {}) {
        return enroll_sources(person, std::vector<source>(paths.begin(), paths.end()), options, job);
    }
    enrolled enroll_sources(std::string_view person, const std::vector<source> &sources, const enroll_options &options = {},
                    const job &job = {}) {
        std::vector<const sonic_source *> pointers;
        for (const source &one : sources) pointers.push_back(one.get());
        return taken(person, options, [&](auto name, auto c, auto out) {
            return sonic_voices_enroll(store_->get(), embedder_->get(), name, pointers.data(), pointers.size(), c,
                                       job.c_cancel(), job.c_progress(), out);
        });
    }
    enrolled enroll(std::string_view person, const clip &one, const enroll_options &options = {}) {
        const sonic_clip *pointer = one.get();
        return taken(person, options, [&](auto name, auto c, auto out) {
            return sonic_voices_enroll_clips(store_->get(), embedder_->get(), name, &pointer, 1, c, nullptr, nullptr, out);
        });
    }

    voice_answer identify(const clip &of, const voice_identify_options &options = {}) const {
        return found(options, [&](auto c, auto out) {
            return sonic_voices_identify_clip(store_->get(), embedder_->get(), of.get(), c, out);
        });
    }
    voice_answer identify(const source &of, const voice_identify_options &options = {}) const {
        return found(options, [&](auto c, auto out) {
            return sonic_voices_identify(store_->get(), embedder_->get(), of.get(), c, out);
        });
    }

    // Whether it is `person` who is speaking.
    verification verify(std::string_view person, const clip &of, const voice_identify_options &options = {}) const {
        std::string claim = detail::c_text(person);
        return verified(options, [&](auto c, auto out) {
            return sonic_voices_verify_clip(store_->get(), embedder_->get(), claim.c_str(), of.get(), c, out);
        });
    }
    verification verify(std::string_view person, const source &of, const voice_identify_options &options = {}) const {
        std::string claim = detail::c_text(person);
        return verified(options, [&](auto c, auto out) {
            return sonic_voices_verify(store_->get(), embedder_->get(), claim.c_str(), of.get(), c, out);
        });
    }

    std::vector<voiceprint> people() const {
        using people_handle = detail::handle<sonic_voiceprint_list, sonic_voiceprint_list_free>;
        auto rows = detail::made<people_handle>([&](auto out) { return sonic_voices_people(store_->get(), out); });
        std::vector<voiceprint> out;
        for (std::size_t i = 0; i < sonic_voiceprint_list_len(rows.get()); i++) {
            out.push_back(voiceprint::from(*sonic_voiceprint_list_at(rows.get(), i)));
        }
        return out;
    }

    sonic_forgotten_voices forget(std::string_view person) {
        sonic_forgotten_voices out{};
        out.size = sizeof out;
        detail::check(sonic_voices_forget(store_->get(), detail::c_text(person).c_str(), &out));
        return out;
    }

  private:
    template <class Call> static enrolled taken(std::string_view person, const enroll_options &options, Call call) {
        using enrolled_handle = detail::handle<sonic_enrolled, sonic_enrolled_free>;
        std::string name = detail::c_text(person);
        auto in_c = detail::initialised<sonic_enroll_options>(sonic_enroll_options_init);
        in_c.quality_gate = options.quality_gate;
        in_c.min_samples = options.min_samples;
        in_c.max_samples = options.max_samples;
        in_c.user_id = detail::pointer_or_null(options.user_id);
        in_c.only_usable = options.only_usable;
        auto made = detail::made<enrolled_handle>([&](auto out) { return call(name.c_str(), &in_c, out); });
        const sonic_enrolled *of = made.get();
        std::vector<voice_sample> each;
        for (std::size_t i = 0; i < sonic_enrolled_len(of); i++) {
            each.push_back(voice_sample::from(*sonic_enrolled_sample(of, i)));
        }
        return {sonic_enrolled_status(of),
                sonic_enrolled_added(of),
                sonic_enrolled_known(of),
                sonic_enrolled_left_out(of),
                voiceprint::from(*sonic_enrolled_voiceprint(of)),
                std::move(each),
                similar(sonic_enrolled_similar_to(of))};
    }

    static std::optional<similar_voiceprint> similar(const sonic_similar_voiceprint *of) {
        if (!of) return std::nullopt;
        return similar_voiceprint{of->person, of->voiceprint_id, of->score, of->probability};
    }

    // The options hold `exclude` by pointers that are good during the call only.
    template <class Call> static sonic_status with(const voice_identify_options &options, Call call) {
        std::vector<const char *> exclude;
        for (const std::string &name : options.exclude) exclude.push_back(detail::whole(name).c_str());
        auto in_c = detail::initialised<sonic_voice_identify_options>(sonic_voice_identify_options_init);
        in_c.threads = options.threads;
        in_c.has_threshold = options.threshold.has_value();
        in_c.threshold = options.threshold.value_or(0);
        in_c.accept = options.accept;
        in_c.limit = options.limit;
        in_c.exclude = exclude.data();
        in_c.exclude_len = exclude.size();
        return call(&in_c);
    }

    template <class Call> static voice_answer found(const voice_identify_options &options, Call call) {
        using answer_handle = detail::handle<sonic_voice_answer, sonic_voice_answer_free>;
        auto made = detail::made<answer_handle>(
            [&](auto out) { return with(options, [&](auto c) { return call(c, out); }); });
        voice_answer out;
        out.is_match = sonic_voice_answer_decision(made.get()) == SONIC_DECISION_MATCH;
        out.quality = *sonic_voice_answer_quality(made.get());
        for (std::size_t i = 0; i < sonic_voice_answer_len(made.get()); i++) {
            out.matches.push_back(voice_match::from(*sonic_voice_answer_match(made.get(), i)));
        }
        return out;
    }

    template <class Call> static verification verified(const voice_identify_options &options, Call call) {
        using verification_handle = detail::handle<sonic_verification, sonic_verification_free>;
        auto made = detail::made<verification_handle>(
            [&](auto out) { return with(options, [&](auto c) { return call(c, out); }); });
        return {sonic_verification_decision(made.get()) == SONIC_DECISION_MATCH,
                voice_match::from(*sonic_verification_claim(made.get())), *sonic_verification_quality(made.get())};
    }

    const store *store_;
    const voice_embedder *embedder_;
};

} // namespace sonic

#endif
