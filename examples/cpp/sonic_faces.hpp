// Clusters, faces, and the people of an event, for C++17; beside sonic.hpp, whose rules hold here too.

#ifndef SONIC_FACES_HPP
#define SONIC_FACES_HPP

#include "sonic.hpp"

namespace sonic {

struct clusters {
    // Number of the cluster of each row, -1 for none.
    std::vector<std::int32_t> labels;
    // How firmly each row belongs to its cluster, 0 to 1; empty with DBSCAN.
    std::vector<float> probabilities;
    std::size_t count = 0;
};

// Which rows of `dimensions` numbers each, one after the other, belong together. Options that are 0 are the default.
inline clusters cluster(const std::vector<float> &rows, std::size_t dimensions, sonic_cluster_options options = {}) {
    if (dimensions == 0 || rows.size() % dimensions != 0) {
        throw error(SONIC_ERROR_INVALID_ARGUMENT, "the rows must have as many numbers each as there are dimensions");
    }
    clusters out;
    options.size = sizeof options;
    out.labels.resize(rows.size() / dimensions);
    if (options.method == SONIC_CLUSTER_HDBSCAN) out.probabilities.resize(out.labels.size());
    float *probabilities = out.probabilities.empty() ? nullptr : out.probabilities.data();
    detail::check(sonic_cluster(rows.data(), out.labels.size(), dimensions, &options, out.labels.data(), probabilities,
                                nullptr, &out.count));
    return out;
}

// The faces that were found in a picture, the surest first. Rows are borrowed from it.
class found_faces {
  public:
    using handle = detail::handle<sonic_faces, sonic_faces_free>;

    explicit found_faces(handle made) : handle_(std::move(made)) {}
    // Faces that another program found, in a picture of this size.
    found_faces(std::string_view pipeline, const std::vector<sonic_face> &faces, std::uint32_t width = 0,
                std::uint32_t height = 0)
        : handle_(detail::made<handle>([&](auto out) {
              return sonic_faces_new(detail::c_text(pipeline).c_str(), faces.data(), faces.size(), width, height, out);
          })) {}

    std::size_t size() const noexcept { return sonic_faces_len(get()); }
    const sonic_face &operator[](std::size_t index) const { return *sonic_faces_at(get(), index); }
    std::string pipeline() const { return sonic_faces_pipeline(get()); }
    const sonic_faces *get() const noexcept { return handle_.get(); }

  private:
    handle handle_;
};

// Finds and embeds faces. Models are ids or paths; without a name they are "yunet" and "sface".
class face_analyzer {
  public:
    explicit face_analyzer(const std::optional<std::string> &detector = {}, const std::optional<std::string> &embedder = {},
                           sonic_face_analyzer_options options = {}) {
        options.size = sizeof options;
        handle_ = detail::made<handle>([&](auto out) {
            return sonic_face_analyzer_new(detail::pointer_or_null(detector), detail::pointer_or_null(embedder), &options, out);
        });
    }

    found_faces analyze(std::string_view path) const {
        std::string name = detail::c_text(path);
        return found_faces(detail::made<found_faces::handle>(
            [&](auto out) { return sonic_face_analyzer_analyze_file(get(), name.c_str(), out); }));
    }
    found_faces analyze(bytes_view bytes) const {
        return found_faces(detail::made<found_faces::handle>(
            [&](auto out) { return sonic_face_analyzer_analyze_bytes(get(), bytes.data, bytes.size, out); }));
    }

    std::size_t dims() const noexcept { return sonic_face_analyzer_dims(get()); }
    std::string pipeline() const { return sonic_face_analyzer_pipeline(get()); }
    const sonic_face_analyzer *get() const noexcept { return handle_.get(); }

  private:
    using handle = detail::handle<sonic_face_analyzer, sonic_face_analyzer_free>;
    handle handle_;
};

// A person of an event.
struct event_person {
    std::uint64_t id = 0;
    std::uint32_t label = 0, faces = 0, photos = 0;
    sonic_person_status status = SONIC_PERSON_PENDING;
    std::optional<std::string> user_id, name;
    // The face that stands for it.
    std::uint64_t representative = 0;

    static event_person from(const sonic_event_person &in) {
        event_person out;
        out.id = in.id;
        out.label = in.label;
        out.faces = in.faces;
        out.photos = in.photos;
        out.status = in.status;
        out.user_id = detail::optional_text(in.user_id);
        out.name = detail::optional_text(in.name);
        out.representative = in.representative;
        return out;
    }
};

// The photos of an event and who is on them; `of` must outlive it.
class event {
  public:
    event(store &of, std::string_view name) : store_(&of), name_(detail::c_text(name)) {}

    // Adds a photo with its faces; false if the event has it.
    bool add(const face_analyzer &analyzer, std::string_view path) {
        bool is_new = false;
        detail::check(sonic_store_add_photo_file(store_->get(), name(), analyzer.get(), detail::c_text(path).c_str(), nullptr,
                                                 &is_new, nullptr));
        return is_new;
    }
    bool add(std::string_view photo_id, const found_faces &faces) {
        std::string id = detail::c_text(photo_id);
        sonic_photo_options options{};
        options.size = sizeof options;
        options.photo_id = id.c_str();
        bool is_new = false;
        detail::check(sonic_store_add_photo(store_->get(), name(), faces.get(), &options, &is_new, nullptr));
        return is_new;
    }

    // Finds out who is on the photos. Options that are 0 are the default.
    void cluster(sonic_people_options options = {}) {
        options.size = sizeof options;
        detail::check(sonic_people_cluster(store_->get(), name(), &options, nullptr));
    }

    std::vector<event_person> people() const {
        using people_handle = detail::handle<sonic_event_people, sonic_event_people_free>;
        auto rows = detail::made<people_handle>([&](auto out) { return sonic_people_list(store_->get(), name(), out); });
        std::vector<event_person> out;
        for (std::size_t i = 0; i < sonic_event_people_len(rows.get()); i++) {
            out.push_back(event_person::from(*sonic_event_people_at(rows.get(), i)));
        }
        return out;
    }

    event_person link(std::uint64_t person, std::string_view user_id) {
        std::string user = detail::c_text(user_id);
        return decided([&](auto out) { return sonic_people_link(store_->get(), name(), person, user.c_str(), out); });
    }
    event_person merge(std::uint64_t from, std::uint64_t into) {
        return decided([&](auto out) { return sonic_people_merge(store_->get(), name(), from, into, nullptr, out); });
    }
    event_person split(std::uint64_t person, const std::vector<std::uint64_t> &faces) {
        return decided([&](auto out) {
            return sonic_people_split(store_->get(), name(), person, faces.data(), faces.size(), out);
        });
    }

  private:
    const char *name() const noexcept { return name_.c_str(); }

    template <class Call> static event_person decided(Call call) {
        using person_handle = detail::handle<sonic_event_person, sonic_event_person_free>;
        return event_person::from(*detail::made<person_handle>(call));
    }

    store *store_;
    std::string name_;
};

} // namespace sonic

#endif
