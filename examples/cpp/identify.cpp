// A complete program: index files, name a clip.
//
//     identify STORE CLIP [FILE...]
//
// The exit status is 0 for a match, 1 for "unknown", 2 for a failure.

#include "sonic.hpp"

#include <iostream>

namespace {

// Adds what is not in the store yet; a file that cannot be added does not keep the others out.
void add(sonic::store &store, std::string_view path) {
    try {
        sonic::added added = store.add(path);
        if (added.is_new()) {
            std::cout << "added " << added.id << ": " << added.row->duration.count() / 1000 << " s, "
                      << added.row->landmarks << " landmarks\n";
        } else {
            std::cout << path << " is there already, as " << added.id << "\n";
        }
    } catch (const sonic::error &error) {
        std::cerr << path << ": " << error.what() << " (" << error.kind_name() << ")\n";
    }
}

int run(int count, char **arguments) {
    sonic::store store(arguments[1]);
    for (int i = 3; i < count; i++) add(store, arguments[i]);

    sonic::identify_options options;
    options.limit = 3;
    sonic::answer answer = store.identify(arguments[2], options);
    std::cout << arguments[2] << ": " << (answer.is_match ? "recognised" : "unknown") << "\n";
    if (!answer.is_match) return 1;
    for (const sonic::match &match : answer.matches) {
        std::cout << "  " << match.id << " at " << match.offset.count() / 1000.0 << " s, probability "
                  << match.probability << "\n";
    }
    return 0;
}

} // namespace

int main(int count, char **arguments) {
    if (count < 3) {
        std::cerr << "usage: " << arguments[0] << " STORE CLIP [FILE...]\n";
        return 2;
    }
    try {
        return run(count, arguments);
    } catch (const sonic::error &error) {
        std::cerr << error.what() << " (" << error.kind_name() << ")\n";
    } catch (const std::exception &error) {
        std::cerr << error.what() << "\n";
    }
    return 2;
}
