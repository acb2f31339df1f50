"""Makes other recordings out of those of the reference files: variants.py LIVE OUT.

Their packets are muxed again as browsers do it, in slices of other lengths, with other clocks, pauses and restarts, or their
bytes are cut anywhere. OUT/NAME holds the slices and recording.json, as the folders in LIVE/slices do."""
import json
import os
import random
import struct
import sys

live, out = sys.argv[1], sys.argv[2]
sys.path.insert(0, live)
import slices

UNKNOWN = bytes.fromhex("01ffffffffffffff")
LONGEST_MS = 24_000
EXTENSIONS = {"webm": "webm", "ogg": "ogg", "mp4": "mp4"}


def source(name, from_ms=0):
    """The extension, the header and the packets of a recording's first session, as (milliseconds, data)."""
    files, parts = slices.read_folder(os.path.join(live, "slices", name))
    joined = b"".join(parts)
    session = slices.parse(joined)[0]
    packets, length = [], 0.0
    for packet in session["packets"]:
        length += packet.get("toc_ms", packet["ms"])
        if from_ms < length <= from_ms + LONGEST_MS:
            packets.append((packet.get("toc_ms", packet["ms"]), packet["data"]))
    return session, joined[session["off"]:session["header_end"]], packets


def clocks(packets, rng, ahead=0.0, jitter=0, leaps=()):
    """A container's time for each packet: the sum, wavering by `jitter`, ahead by a share, with leaps (at, by) in ms."""
    times, total, leapt = [], 0.0, 0.0
    for ms, _ in packets:
        leapt += sum(by for at, by in leaps if at <= total < at + ms)
        times.append(max(0.0, total * (1 + ahead) + leapt + (rng.uniform(-0.5, 1) * jitter if total else 0)))
        total += ms
    return [max(times[: n + 1]) for n in range(len(times))]


def chromium(header, packets, times, slice_ms, uid=None):
    """WebM as Chromium writes and cuts it: a Cluster when a slice is due, each slice one byte into the next element."""
    if uid:
        at = header.index(b"\x73\xc5\x87") + 3
        header = header[:at] + uid + header[at + 7:]
    data, cuts, cluster, due = bytearray(header), [], None, slice_ms
    for (ms, packet), time in zip(packets, times):
        start = len(data)
        if cluster is None or time - cluster >= slice_ms:
            cluster = int(time)
            at = cluster.to_bytes(max(1, (cluster.bit_length() + 7) // 8), "big")
            data += b"\x1f\x43\xb6\x75" + UNKNOWN + b"\xe7" + bytes([0x80 | len(at)]) + at
        if time >= due and len(data) > len(header) + 40:
            cuts.append((start + 1, time))
            due = time + slice_ms
        size = len(packet) + 4
        length = bytes([0x80 | size]) if size < 127 else struct.pack(">H", 0x4000 | size)
        data += b"\xa3" + length + b"\x81" + struct.pack(">h", int(time) - cluster) + b"\x80" + packet
    return cut(bytes(data), cuts + [(len(data), times[-1] + packets[-1][0])])


def firefox(header, packets, slice_ms):
    """WebM as Firefox writes it: Clusters of a second, slices that begin on one where they can."""
    data, cuts, cluster, due, time = bytearray(header), [], None, slice_ms, 6.0
    for ms, packet in packets:
        if cluster is None or time - cluster >= 1000:
            if time - 6 >= due - 20:
                cuts.append((len(data), time))
                due = time + slice_ms
            cluster = int(time)
            at = cluster.to_bytes(max(1, (cluster.bit_length() + 7) // 8), "big")
            data += b"\x1f\x43\xb6\x75" + UNKNOWN + b"\xe7" + bytes([0x80 | len(at)]) + at
        elif time - 6 >= due:
            cuts.append((len(data), time))
            due = time + slice_ms
        data += b"\xa3" + struct.pack(">I", 0x10000000 | len(packet) + 4) + b"\x82"
        data += struct.pack(">h", int(time) - cluster) + b"\0" + packet
        time += ms
    return cut(bytes(data), cuts + [(len(data), time)])


def crc_table():
    table = []
    for n in range(256):
        r = n << 24
        for _ in range(8):
            r = (r << 1 ^ 0x04C11DB7) & 0xFFFFFFFF if r & 0x80000000 else r << 1
        table.append(r & 0xFFFFFFFF)
    return table


def page(serial, number, granule, flags, packets, table):
    lacing = b"".join(b"\xff" * (len(p) // 255) + bytes([len(p) % 255]) for p in packets)
    head = b"OggS\0" + bytes([flags]) + struct.pack("<qII", granule, serial, number)
    whole = bytearray(head + b"\0\0\0\0" + bytes([len(lacing)]) + lacing + b"".join(packets))
    c = 0
    for v in whole:
        c = (c << 8 & 0xFFFFFFFF) ^ table[c >> 24 ^ v]
    whole[22:26] = struct.pack("<I", c)
    return bytes(whole)


def ogg(packets, slice_ms, serial, table):
    """Ogg as Firefox writes it: pages of 4.2 kB or 255 lacing values; slices without a page are empty."""
    head = b"OpusHead\x01" + bytes([2]) + struct.pack("<HIhB", 312, 48000, 0, 0)
    data = bytearray(page(serial, 0, 0, 2, [head], table))
    data += page(serial, 1, 0, 0, [b"OpusTags" + struct.pack("<I", 7) + b"libopus" + bytes(4)], table)
    cuts, held, number, total, due = [(len(data), 0.0)], [], 2, 0.0, slice_ms
    for n, (ms, packet) in enumerate(packets):
        held.append(packet)
        total += ms
        last = n + 1 == len(packets)
        if sum(map(len, held)) >= 4200 or sum(len(p) // 255 + 1 for p in held) >= 250 or last:
            data += page(serial, number, int(total * 48) - (400 if last else 0), 4 if last else 0, held, table)
            held, number = [], number + 1
        while total >= due and not last:
            cuts.append((len(data), due))
            due += slice_ms
    return cut(bytes(data), cuts + [(len(data), total)])


def mp4(header, packets, times, slice_ms):
    """MP4 as Chromium writes it: one moof and mdat, sometimes two, for each slice; durations by the wall clock."""
    data, cuts, held, due = bytearray(header), [(len(header), 0.0)], [], slice_ms
    ends = times[1:] + [times[-1] + packets[-1][0]]
    for n, ((_, packet), time, end) in enumerate(zip(packets, times, ends)):
        held.append((packet, time, end))
        if end < due and n + 1 < len(packets):
            continue
        halves = [held[: len(held) // 3], held[len(held) // 3:]] if len(cuts) % 3 == 0 else [held]
        for part in filter(None, halves):
            base = round(part[0][1] * 48)
            runs = b"".join(struct.pack(">II", round(e * 48) - round(s * 48), len(p)) for p, s, e in part)
            size = 8 + 16 + 8 + 20 + 20 + 8 + 12 + len(runs)
            trun = struct.pack(">I4sIIi", 20 + len(runs), b"trun", 0x301, len(part), size + 8) + runs
            tfdt = struct.pack(">I4sIQ", 20, b"tfdt", 0x1000000, base)
            tfhd = struct.pack(">I4sIII", 20, b"tfhd", 0x020020, 1, 0x02000000)
            traf = tfhd + tfdt + trun
            traf = struct.pack(">I4s", 8 + len(traf), b"traf") + traf
            moof = struct.pack(">I4sII", 16, b"mfhd", 0, n) + traf
            body = b"".join(p for p, _, _ in part)
            data += struct.pack(">I4s", 8 + len(moof), b"moof") + moof
            data += struct.pack(">I4s", 8 + len(body), b"mdat") + body
        cuts.append((len(data), end))
        held, due = [], end + slice_ms
    return cut(bytes(data), cuts)


def cut(data, cuts):
    """The slices up to each place, with the time at which it was there."""
    at, parts = 0, []
    for end, time in cuts:
        parts.append((data[at:end], time))
        at = end
    return parts


def anywhere(name, rng):
    """The bytes of a recording, cut anywhere."""
    files, parts = slices.read_folder(os.path.join(live, "slices", name))
    joined = b"".join(parts)
    ends = [packet["end"] for session in slices.parse(joined) for packet in session["packets"]]
    joined = joined[: max(end for end in ends if end <= 300_000)]
    places = sorted(rng.sample(range(1, len(joined)), 24)) + [len(joined)]
    return files[0].split(".")[1], cut(joined, [(at, 1000.0 * (n + 1)) for n, at in enumerate(places)])


def write(name, extension, recorders):
    """Writes slices of recorders, each (begins at ms, slices) of one connection."""
    folder = os.path.join(out, name)
    os.makedirs(folder)
    log = {"events": [], "slices": []}
    for begins, parts in recorders:
        log["events"].append({"t_ms": begins, "what": "start event"})
        for data, time in parts:
            index = len(log["slices"])
            open(os.path.join(folder, "%03d.%s" % (index, extension)), "wb").write(data)
            log["slices"].append({"i": index, "t_ms": begins + time})
    json.dump(log, open(os.path.join(folder, "recording.json"), "w"))


rng = random.Random(1)
table = crc_table()
_, head, loud = source("cr-mic-1000")
_, thin_head, thin = source("cr-hard-mic-3000", 8_000)
for ms in (120, 250, 2000, 5000):
    write("var-cr-%d" % ms, "webm", [(0, chromium(head, loud, clocks(loud, rng, jitter=20), ms))])
# Web Audio on a busy machine: the clock runs ahead of the sound, up to 25 ms a second.
write("var-cr-ahead-3000", "webm", [(0, chromium(thin_head, thin, clocks(thin, rng, 0.015, 30), 3000))])
write("var-cr-ahead-1000", "webm", [(0, chromium(thin_head, thin, clocks(thin, rng, 0.025, 40), 1000))])
write("var-cr-suspend", "webm", [(0, chromium(thin_head, thin, clocks(thin, rng, 0, 30, [(9000, 4100)]), 1000))])
write("var-cr-leaps", "webm", [(0, chromium(head, loud, clocks(loud, rng, 0, 25, [(5000, 700), (14000, 1500)]), 1000))])
busy = chromium(thin_head, thin, clocks(thin, rng, 0, 40), 1000)
busy[6:10] = [(b"".join(part for part, _ in busy[6:10]), busy[9][1])]
write("var-cr-busy", "webm", [(0, busy)])
restart = [(0, chromium(head, loud[:130], clocks(loud[:130], rng, 0, 20), 1000)),
           (8_300, chromium(head, loud[140:], clocks(loud[140:], rng, 0, 20), 1000, b"\x11\x22\x33\x44\x55\x66\x77"))]
write("var-cr-restart", "webm", restart)
_, ff_head, ff = source("ff-webm-3000")
for ms in (250, 1000, 2500):
    write("var-ff-%d" % ms, "webm", [(0, firefox(ff_head, ff, ms))])
write("var-ff-restart", "webm", [(0, firefox(ff_head, ff[:400], 1000)), (9_100, firefox(ff_head, ff[450:], 1000))])
for ms in (500, 1000, 3000):
    write("var-ogg-64k-%d" % ms, "ogg", [(0, ogg(ff, ms, 77, table))])
_, _, quiet = source("ff-hard-webm-3000", 20_000)
write("var-ogg-24k-1000", "ogg", [(0, ogg(quiet, 1000, 78, table))])
write("var-ogg-restart", "ogg", [(0, ogg(ff[:420], 1000, 79, table)), (9_000, ogg(ff[470:], 1000, 80, table))])
_, mp4_head, boxed = source("cr-mp4-3000")
write("var-mp4-1000", "mp4", [(0, mp4(mp4_head, boxed, clocks(boxed, rng, 0, 30), 1000))])
write("var-mp4-500", "mp4", [(0, mp4(mp4_head, boxed, clocks(boxed, rng, 0, 45), 500))])
# Not MP4: no browser cuts its boxes, and where samples lie in half a box nothing says. Nor recordings whose clock wavers: how
# much is missing is reckoned by how long slices are, and these are of any length.
for name in ("cr-mic-1000", "ff-webm-1000", "ff-restart-same-webm-1000", "ff-ogg-3000"):
    extension, parts = anywhere(name, rng)
    write("var-cut-" + name, extension, [(0, parts)])
