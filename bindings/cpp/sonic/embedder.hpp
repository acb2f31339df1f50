// Speech in clips, and embeddings of voices. A part of sonic.hpp.

#ifndef SONIC_CPP_EMBEDDER_HPP
#define SONIC_CPP_EMBEDDER_HPP

#include "sound.hpp"
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sonic {

using span = sonic_span;

struct voice_embedder_options {
    // 0 is as many as the machine has cores.
    std::uint32_t threads = 0;
    sonic_provider provider = SONIC_PROVIDER_CPU;
    // The shared library of ONNX Runtime, and the folder of the models, if they are not where they are looked for.
    std::optional<std::string> onnxruntime;
    std::optional<std::string> models_folder;
    // Whether what is enrolled and identified is made ready first: no constant part, one level, only what is spoken.
    bool prepare = true;
};

// Makes embeddings of voices: vectors of unit length, compared by their dot product.
class voice_embedder {
  public:
    // A name, or the path of a manifest or an ONNX file.
    explicit voice_embedder(std::string_view model = "celda128", const voice_embedder_options &options = {}) {
        auto in_c = detail::initialised<sonic_voice_embedder_options>(sonic_voice_embedder_options_init);
        in_c.threads = options.threads;
        in_c.provider = options.provider;
        in_c.prepare = options.prepare;
        in_c.onnxruntime = detail::pointer_or_null(options.onnxruntime);
        in_c.models_folder = detail::pointer_or_null(options.models_folder);
        std::string name = detail::c_text(model);
        handle_ = detail::made<handle>([&](auto out) { return sonic_voice_embedder_new(name.c_str(), &in_c, out); });
    }

    // All of the sound as it is.
    std::vector<float> embed(const source &of) const {
        return vector([&](float *out, auto len) { return sonic_voice_embedder_embed(get(), of.get(), out, len); });
    }
    std::vector<float> embed(const clip &of) const {
        return vector([&](float *out, auto len) { return sonic_voice_embedder_embed_clip(get(), of.get(), out, len); });
    }
    // What is spoken in it, as a store keeps it.
    std::vector<float> embed_speech(const source &of) const {
        return vector([&](float *out, auto len) { return sonic_voice_embedder_embed_speech(get(), of.get(), out, len); });
    }
    std::vector<float> embed_speech(const clip &of) const {
        return vector(
            [&](float *out, auto len) { return sonic_voice_embedder_embed_speech_clip(get(), of.get(), out, len); });
    }

    std::size_t dimensions() const noexcept { return sonic_voice_embedder_dimensions(get()); }
    std::uint32_t sample_rate() const noexcept { return sonic_voice_embedder_sample_rate(get()); }
    std::string pipeline() const {
        const char *name = sonic_voice_embedder_pipeline(get());
        return name ? name : "";
    }
    const sonic_voice_embedder *get() const noexcept { return handle_.get(); }

  private:
    using handle = detail::handle<sonic_voice_embedder, sonic_voice_embedder_free>;

    template <class Call> std::vector<float> vector(Call call) const {
        std::vector<float> out(dimensions());
        detail::check(call(out.data(), out.size()));
        return out;
    }

    handle handle_;
};

// The defaults, to be changed.
inline sonic_speech_options speech_options() {
    return detail::initialised<sonic_speech_options>(sonic_speech_options_init);
}

// Where somebody speaks in a clip.
inline std::vector<span> speech_spans(const clip &of, const sonic_speech_options &options = speech_options()) {
    using spans_handle = detail::handle<sonic_speech_spans, sonic_speech_spans_free>;
    auto spans = detail::made<spans_handle>([&](auto out) { return sonic_speech_spans_new(of.get(), &options, out); });
    const span *first = sonic_speech_spans_data(spans.get());
    return std::vector<span>(first, first + sonic_speech_spans_len(spans.get()));
}

} // namespace sonic

#endif
