"""Writes what mangle.py makes of recordings, in the form that the tests read: deliveries.py LIVE OUT FIRST_SEED SEEDS [ROOT].

ROOT holds a folder for each recording: LIVE/slices if it is not given.
For each recording OUT/NAME.json holds its packets (where they lie on its time line, where in what is decoded of their session,
the session), its sessions (their bytes in the joined slices) and, for each scenario and seed, the deliveries and the truth."""
import json
import os
import sys

live, out, first, seeds = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
sys.path.insert(0, live)
import mangle
import slices


def session_packets(sessions):
    for number, session in enumerate(sessions):
        covered = -session["pre_skip"] / 48.0
        for packet in session["packets"]:
            yield [packet["from_ms"], packet["to_ms"], covered, number]
            covered += packet.get("toc_ms", packet["ms"])


root = sys.argv[5] if len(sys.argv) > 5 else os.path.join(live, "slices")
for name in sorted(os.listdir(root)):
    folder = os.path.join(root, name)
    files, parts, joined, sessions, times, offsets = mangle.load(folder)
    mangle.timeline(sessions, offsets)
    starts = [session["off"] for session in sessions] + [len(joined)]
    record = {
        "sessions": [[a, b] for a, b in zip(starts, starts[1:])],
        "packets": list(session_packets(sessions)),
        # The sound of each packet, and the byte behind it.
        "ends": [[p["to_ms"] - p["from_ms"], p["end"]] for s in sessions for p in s["packets"]],
        "packet_ms": max(p.get("toc_ms", p["ms"]) for s in sessions for p in s["packets"]),
        "files": files,
        "cases": [],
    }
    for seed in range(first, first + seeds):
        for scenario in mangle.NAMES:
            try:
                _, case = mangle.make(folder, scenario, seed)
            except ValueError:  # Pages that are cut: their serial number cannot be patched.
                continue
            deliveries = [[d["i"], d["take"], d["patch"], d["ts_ms"]] for d in case["deliveries"]]
            record["cases"].append({
                "scenario": scenario,
                "seed": seed,
                "deliveries": deliveries,
                "offsets_ms": [session["offset_ms"] for session in case["sessions"]],
                "truth": case["truth"],
            })
    with open(os.path.join(out, name + ".json"), "w") as file:
        json.dump(record, file)
