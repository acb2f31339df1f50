// sonic for C++17: handles that free themselves, exceptions, and values that are copied out of the library.
//
// Handles can be moved, not copied. A handle that was moved from is empty: using it throws `invalid_argument`.
// All but `fingerprinter`, `monitor`, `push_decoder`, `live_session` and `singing`, which are for one thread, may be used by
// any number of threads at once.
//
// It includes its parts, which lie in sonic/ beside it. Clusters, faces and people are in sonic_faces.hpp.

#ifndef SONIC_HPP
#define SONIC_HPP

#include "sonic/embedder.hpp"
#include "sonic/error.hpp"
#include "sonic/live.hpp"
#include "sonic/monitor.hpp"
#include "sonic/recordings.hpp"
#include "sonic/sing.hpp"
#include "sonic/sound.hpp"
#include "sonic/source.hpp"
#include "sonic/store.hpp"
#include "sonic/voices.hpp"

#endif
