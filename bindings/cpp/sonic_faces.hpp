// Clusters, faces, and the people of an event, for C++17; beside sonic.hpp, whose rules hold here too.

#ifndef SONIC_FACES_HPP
#define SONIC_FACES_HPP

#include "sonic.hpp"

#include <type_traits>

namespace sonic {

struct clusters {
    // Number of the cluster of each row, -1 for none.
    std::vector<std::int32_t> labels;
    // How firmly each row belongs to its cluster, 0 to 1; empty with DBSCAN.
    std::vector<float> probabilities;
    std::size_t count = 0;
};

// The defaults, to be changed.
inline sonic_cluster_options cluster_options() {
    return detail::initialised<sonic_cluster_options>(sonic_cluster_options_init);
}

namespace detail {

inline sonic_status cluster_rows(const float *rows, std::size_t count, std::size_t dimensions,
                                 const sonic_cluster_options &options, const job &job, clusters &out, float *probabilities) {
    return sonic_cluster(rows, count, dimensions, &options, job.c_cancel(), job.c_progress(), out.labels.data(),
                         probabilities, nullptr, &out.count);
}

inline sonic_status cluster_rows(const double *rows, std::size_t count, std::size_t dimensions,
                                 const sonic_cluster_options &options, const job &job, clusters &out, float *probabilities) {
    return sonic_cluster_doubles(rows, count, dimensions, &options, job.c_cancel(), job.c_progress(), out.labels.data(),
                                 probabilities, nullptr, &out.count);
}

template <typename Number>
clusters cluster(const std::vector<Number> &rows, std::size_t dimensions, const sonic_cluster_options &options,
                 const job &job) {
    if (dimensions == 0 || rows.size() % dimensions != 0) {
        throw error(SONIC_ERROR_INVALID_ARGUMENT, "the rows must have as many numbers each as there are dimensions");
    }
    clusters out;
    out.labels.resize(rows.size() / dimensions);
    if (options.method == SONIC_CLUSTER_HDBSCAN) out.probabilities.resize(out.labels.size());
    float *probabilities = out.probabilities.empty() ? nullptr : out.probabilities.data();
    check(cluster_rows(rows.data(), out.labels.size(), dimensions, options, job, out, probabilities));
    return out;
}

}  // namespace detail

// Which rows of `dimensions` numbers each, one after the other, belong together.
inline clusters cluster(const std::vector<float> &rows, std::size_t dimensions,
                        const sonic_cluster_options &options = cluster_options(), const job &job = {}) {
    return detail::cluster(rows, dimensions, options, job);
}

// The same of doubles: they are compared as they are, nothing is rounded. (A template, so that `{}` stays rows of floats.)
template <typename Number, typename = std::enable_if_t<std::is_same_v<Number, double>>>
clusters cluster(const std::vector<Number> &rows, std::size_t dimensions,
                 const sonic_cluster_options &options = cluster_options(), const job &job = {}) {
    return detail::cluster(rows, dimensions, options, job);
}

// The faces that were found in a picture, the surest first. Rows are borrowed from it.
class face_list {
  public:
    using handle = detail::handle<sonic_face_list, sonic_face_list_free>;

    explicit face_list(handle made) : handle_(std::move(made)) {}
    // Faces that another program found, in a picture of this size.
    face_list(std::string_view pipeline, const std::vector<sonic_face> &faces, std::uint32_t width = 0,
                std::uint32_t height = 0)
        : handle_(detail::made<handle>([&](auto out) {
              return sonic_face_list_new(detail::c_text(pipeline).c_str(), faces.data(), faces.size(), width, height, out);
          })) {}

    std::size_t size() const noexcept { return sonic_face_list_len(get()); }
    const sonic_face &operator[](std::size_t index) const { return *sonic_face_list_at(get(), index); }
    std::string pipeline() const { return sonic_face_list_pipeline(get()); }
    const sonic_face_list *get() const noexcept { return handle_.get(); }

  private:
    handle handle_;
};

// The defaults, to be changed.
inline sonic_face_analyzer_options face_analyzer_options() {
    return detail::initialised<sonic_face_analyzer_options>(sonic_face_analyzer_options_init);
}

// Finds and embeds faces. Models are ids or paths; without a name they are "yunet" and "sface".
class face_analyzer {
  public:
    explicit face_analyzer(const std::optional<std::string> &detector = {}, const std::optional<std::string> &embedder = {},
                           const sonic_face_analyzer_options &options = face_analyzer_options()) {
        handle_ = detail::made<handle>([&](auto out) {
            return sonic_face_analyzer_new(detail::pointer_or_null(detector), detail::pointer_or_null(embedder), &options, out);
        });
    }

    face_list analyze(const source &of) const {
        return face_list(detail::made<face_list::handle>(
            [&](auto out) { return sonic_face_analyzer_analyze(get(), of.get(), out); }));
    }

    std::size_t dimensions() const noexcept { return sonic_face_analyzer_dimensions(get()); }
    std::string pipeline() const { return sonic_face_analyzer_pipeline(get()); }
    const sonic_face_analyzer *get() const noexcept { return handle_.get(); }

  private:
    using handle = detail::handle<sonic_face_analyzer, sonic_face_analyzer_free>;
    handle handle_;
};

// A person of an event.
struct person {
    std::uint64_t person_id = 0;
    std::uint32_t label = 0, faces = 0, photos = 0;
    sonic_person_status status = SONIC_PERSON_PENDING;
    std::optional<std::string> user_id, name;
    // The face that stands for it.
    std::uint64_t representative_face_id = 0;

    static person from(const sonic_person &in) {
        person out;
        out.person_id = in.person_id;
        out.label = in.label;
        out.faces = in.faces;
        out.photos = in.photos;
        out.status = in.status;
        out.user_id = detail::optional_text(in.user_id);
        out.name = detail::optional_text(in.name);
        out.representative_face_id = in.representative_face_id;
        return out;
    }
};

// What merging came to.
struct merged_people {
    sonic::person person;
    // Faces that are unassigned now, because another of the same photo is more like the person.
    std::vector<std::uint64_t> unassigned;

    static merged_people from(const sonic_merged_people &in) {
        return {person::from(*in.person), {in.unassigned, in.unassigned + in.unassigned_len}};
    }
};

// The values of a preset, to be changed.
inline sonic_people_cluster_options people_cluster_options(sonic_cluster_preset preset = SONIC_CLUSTER_PRESET_DEFAULT) {
    auto options = detail::initialised<sonic_people_cluster_options>(sonic_people_cluster_options_init);
    detail::check(sonic_people_cluster_options_preset(&options, preset));
    return options;
}

// The defaults, to be changed.
inline sonic_photo_options photo_options() {
    return detail::initialised<sonic_photo_options>(sonic_photo_options_init);
}

// The photos of an event and who is on them; `of` must outlive it.
class event {
  public:
    event(store &of, std::string_view name) : store_(&of), name_(detail::c_text(name)) {}

    // Adds a photo with its faces; false if the event has it.
    bool add(const face_analyzer &analyzer, const source &of, const sonic_photo_options &options = photo_options()) {
        bool is_new = false;
        detail::check(sonic_faces_add_photo(store_->get(), name(), analyzer.get(), of.get(), &options, &is_new, nullptr));
        return is_new;
    }
    bool add(std::string_view photo_id, const face_list &faces) {
        std::string id = detail::c_text(photo_id);
        auto options = photo_options();
        options.photo_id = id.c_str();
        bool is_new = false;
        detail::check(sonic_faces_add_photo_faces(store_->get(), name(), faces.get(), &options, &is_new, nullptr));
        return is_new;
    }

    // Finds out who is on the photos.
    void cluster(const sonic_people_cluster_options &options = people_cluster_options(), const job &job = {}) {
        detail::check(
            sonic_people_cluster(store_->get(), name(), &options, job.c_cancel(), job.c_progress(), nullptr));
    }

    std::vector<person> people() const {
        using people_handle = detail::handle<sonic_person_list, sonic_person_list_free>;
        auto rows = detail::made<people_handle>([&](auto out) { return sonic_people_list(store_->get(), name(), out); });
        std::vector<person> out;
        for (std::size_t i = 0; i < sonic_person_list_len(rows.get()); i++) {
            out.push_back(person::from(*sonic_person_list_at(rows.get(), i)));
        }
        return out;
    }

    person link(std::uint64_t person_id, std::string_view user_id) {
        std::string user = detail::c_text(user_id);
        return decided([&](auto out) { return sonic_people_link(store_->get(), name(), person_id, user.c_str(), out); });
    }
    merged_people merge(std::uint64_t from, std::uint64_t into) {
        using merged_handle = detail::handle<sonic_merged_people, sonic_merged_people_free>;
        auto merged = detail::made<merged_handle>(
            [&](auto out) { return sonic_people_merge(store_->get(), name(), from, into, out); });
        return merged_people::from(*merged);
    }
    person split(std::uint64_t person_id, const std::vector<std::uint64_t> &faces) {
        return decided([&](auto out) {
            return sonic_people_split(store_->get(), name(), person_id, faces.data(), faces.size(), out);
        });
    }

  private:
    const char *name() const noexcept { return name_.c_str(); }

    template <class Call> static person decided(Call call) {
        using person_handle = detail::handle<sonic_person, sonic_person_free>;
        return person::from(*detail::made<person_handle>(call));
    }

    store *store_;
    std::string name_;
};

} // namespace sonic

#endif
