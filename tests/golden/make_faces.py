#!/usr/bin/env python3
"""Writes the inputs of pictures.json, clusters.json, faces.json and face_errors.json, all made up. Run this only to change
them; then `UPDATE=1 cargo test --test golden` writes the answers."""

import base64
import json
import math
import pathlib
import random

FOLDER = pathlib.Path(__file__).parent
INPUTS = "tests/golden/inputs/"
CHANCE = random.Random(2026)


def direction(dimensions):
    return [CHANCE.gauss(0, 1) for _ in range(dimensions)]


def near(centre, spread):
    return [round(x + CHANCE.gauss(0, spread), 3) for x in centre]


def blobs(centres, size, spread):
    rows = [near(centre, spread) for centre in centres for _ in range(size)]
    CHANCE.shuffle(rows)
    return rows


def clusters():
    plane = blobs([(0, 0), (6, 0), (3, 7)], 9, 0.5) + [[20.0, 20.0], [-9.0, 14.5], [3.1, -16.0]]
    nested = blobs([(0, 0), (1.5, 0), (12, 12)], 12, 0.25) + blobs([(6, 6)], 10, 2.5)
    people = blobs([direction(8) for _ in range(4)], 6, 0.15) + [near(direction(8), 0) for _ in range(4)]
    people = [[round(x * (1 + n % 3), 3) for x in row] for n, row in enumerate(people)]
    broken = plane[:12] + [["nan", 1.0], [2.0, "inf"], ["-inf", "nan"]] + plane[12:]
    cosine = {"metric": "cosine", "min_cluster_size": 3}
    return [
        ("three groups and strangers", plane, {}),
        ("small groups", plane, {"min_cluster_size": 2, "min_samples": 1}),
        ("dense and loose", nested, {"min_cluster_size": 4}),
        ("the smallest groups", nested, {"min_cluster_size": 3, "min_samples": 2, "selection": "leaf"}),
        ("not parted within a distance", nested, {"min_cluster_size": 4, "epsilon": 1.5}),
        ("no group of more than ten", nested, {"min_cluster_size": 4, "max_cluster_size": 10}),
        ("another density", nested, {"min_cluster_size": 4, "alpha": 1.7}),
        ("one group", plane[:7], {"min_cluster_size": 3, "allow_single_cluster": True}),
        ("directions", people, cosine),
        ("directions within a distance", people, {**cosine, "min_cluster_size": 2, "epsilon": 0.2}),
        ("a row without direction", people[:9] + [[0.0] * 8], cosine),
        ("rows that are no numbers", broken, {}),
        ("one row many times", [[1.0, 2.0]] * 6 + [[5.0, 5.0]] * 6, {"min_cluster_size": 3}),
        ("too few rows", plane[:4], {}),
        ("one row", plane[:1], {}),
        ("no rows", [], {}),
        ("neighbours", plane, {"method": "dbscan", "epsilon": 1.0}),
        ("directions of neighbours", people, {"method": "dbscan", "metric": "cosine", "epsilon": 0.15, "min_samples": 3}),
        ("neighbours that are no numbers", broken, {"method": "dbscan", "epsilon": 1.2, "min_samples": 3}),
    ]


PICTURES = [
    "grey-alpha.png", "sixteen-bit.png", "one-pixel.png", "turned.jpg", "progressive.jpg", "grey.jpg", "cmyk.jpg",
    "picture.webp", "picture.gif", "picture.bmp", "picture.tiff", "cut-short.jpg",
]

PEOPLE = [direction(12) for _ in range(5)]


def face(who, **more):
    """A face of somebody, like others of them by a cosine of about 0.85."""
    length = math.sqrt(sum(x * x for x in PEOPLE[who]))
    embedding = near([x / length for x in PEOPLE[who]], 0.12)
    left = 10 + 40 * who
    return {"embedding": embedding, "bbox": [left, 20, left + 30, 60], "score": 0.8 + CHANCE.randrange(15) / 100, **more}


def photo(name, who, **more):
    return {"call": "add_photo", "event": "wedding", "photo_id": name, "pipeline": "golden", "faces": [face(w) for w in who],
            **more}


def faces():
    person = lambda n: (1 << 32) + n
    stranger = {"embedding": [round(x, 3) for x in direction(12)], "bbox": [300, 5, 330, 44.5], "score": 0.91}
    shown = face(0, landmarks=[[15, 30], [30, 31], [22, 40.5], [16, 50], [29, 49]],
                 quality={"size": 30, "sharpness": 12.5, "yaw": -20, "pitch": 5.5, "roll": 2, "brightness": 0.5,
                          "clipped": 0.125})
    wedding = {"event": "wedding"}
    return [
        {"call": "cluster", **wedding},
        photo("1.jpg", [0, 1], width=400, height=300, user_id="photographer"),
        photo("2.jpg", [0, 2]),
        photo("3.jpg", [1, 2, 3]),
        {"call": "add_photo", **wedding, "photo_id": "4.jpg", "pipeline": "golden", "faces": [shown, stranger]},
        photo("4.jpg", [1]),
        photo("5.jpg", [1, 2]),
        photo("6.jpg", []),
        photo("7.jpg", [3]),
        {**photo("1.jpg", [4]), "event": "party"},
        {"call": "photo", **wedding, "photo_id": "1.jpg"},
        {"call": "photo_faces", **wedding, "photo_id": "4.jpg"},
        {"call": "events"},
        {"call": "cluster", **wedding},
        {"call": "people", **wedding},
        {"call": "faces_of", **wedding, "person": person(1)},
        {"call": "unassigned", **wedding},
        {"call": "link", **wedding, "person": person(1), "user_id": "anna"},
        {"call": "rename", **wedding, "person": person(2), "name": "Ben's aunt"},
        {"call": "invite", **wedding, "person": person(2), "email": "aunt@example.com"},
        {"call": "ignore", **wedding, "person": person(3)},
        {"call": "not_same", **wedding, "person": person(1), "other": person(2)},
        {"call": "pin_representative", **wedding, "person": person(1), "face": person(3)},
        {"call": "tags", **wedding},
        photo("8.jpg", [0, 1, 3]),
        photo("9.jpg", [4, 3]),
        photo("10.jpg", [4]),
        {"call": "cluster", **wedding, "options": {"mode": "incremental"}},
        {"call": "cluster", **wedding},
        {"call": "cluster", **wedding},
        {"call": "people", **wedding},
        {"call": "not_person", **wedding, "face": person(8), "person": person(2)},
        {"call": "assign", **wedding, "face": person(9), "person": person(2)},
        {"call": "unassign", **wedding, "face": person(9)},
        {"call": "unassign", **wedding, "face": person(9)},
        {"call": "create", **wedding, "faces": [person(9)]},
        {"call": "split", **wedding, "person": person(1), "faces": [person(1)]},
        {"call": "unignore", **wedding, "person": person(3)},
        {"call": "maybe_same", **wedding, "person": person(1), "other": person(2)},
        {"call": "merge", **wedding, "person": person(4), "into": person(3)},
        {"call": "people", **wedding},
        {"call": "cluster", **wedding, "options": {"method": "dbscan", "epsilon": 0.4, "min_samples": 2}},
        {"call": "cluster", **wedding, "options": {"preset": "dbscan"}},
        {"call": "cluster", **wedding, "options": {"gather_similarity": False, "min_similarity": -1, "single_quality": 0.9}},
        {"call": "search", "pipeline": "golden", "embedding": shown["embedding"], "options": {}},
        {"call": "search", "pipeline": "golden", "embedding": shown["embedding"],
         "options": {"events": ["party"], "threshold": -1}},
        {"call": "search", "pipeline": "golden", "embedding": shown["embedding"],
         "options": {"threshold": 0.6, "limit": 2, "exclude": [person(8)]}},
        {"call": "embedding", "face": person(1)},
        {"call": "stats"},
        {"call": "remove_photo", **wedding, "photo_id": "3.jpg"},
        {"call": "forget_person", **wedding, "person": person(2)},
        {"call": "forget_user", **wedding, "user_id": "anna"},
        {"call": "forget_user", "user_id": "photographer"},
        {"call": "people", **wedding},
        {"call": "archive", **wedding},
        {"call": "cluster", **wedding},
        {"call": "remove_event", "event": "party"},
        {"call": "remove_event", "event": "never"},
        {"call": "people", "event": "never"},
        {"call": "events"},
    ]


def errors():
    created = {"call": "open", "access": "create"}
    one = {"embedding": [0.6, 0.8]}
    many = {"embedding": [0.8, 0.6]}
    first, anna = (1 << 32) + 1, {"event": "e", "person": (1 << 32) + 1}

    def add(*faces, photo_id="1.jpg", event="e", pipeline="golden", **more):
        return {"call": "add_photo", "event": event, "photo_id": photo_id, "pipeline": pipeline, "faces": list(faces), **more}

    def made(*last):
        return [created, add(one), {"call": "create", "event": "e", "faces": [first]}, *last]

    jpeg_xl = base64.b64encode(b"\xff\x0a" + bytes(40)).decode()
    return [
        ("a text that is called a JPEG", [{"call": "decode_image", "path": INPUTS + "text.jpg"}]),
        ("a picture of 30,000 x 30,000 pixels", [{"call": "decode_image", "path": INPUTS + "huge.png"}]),
        ("a PNG that ends early", [{"call": "decode_image", "path": INPUTS + "cut-short.png"}]),
        ("sound instead of a picture", [{"call": "decode_image", "path": INPUTS + "melody-8k.wav"}]),
        ("a picture that does not exist", [{"call": "decode_image", "path": INPUTS + "nowhere.jpg"}]),
        ("a folder instead of a picture", [{"call": "decode_image", "path": "tests/golden"}]),
        ("a picture of no bytes", [{"call": "decode_image", "base64": ""}]),
        ("a JPEG XL file", [{"call": "decode_image", "base64": jpeg_xl}]),
        ("an analyzer of models that nobody knows", [{"call": "analyzer", "detector": "no-such-model"}]),
        ("clusters of one row", [{"call": "cluster_rows", "rows": [[1, 2]], "options": {"min_cluster_size": 1}}]),
        ("clusters within less than nothing", [{"call": "cluster_rows", "rows": [[1, 2]], "options": {"epsilon": -1}}]),
        ("clusters of a density below nothing", [{"call": "cluster_rows", "rows": [[1, 2]], "options": {"alpha": -1}}]),
        ("neighbours within less than nothing",
         [{"call": "cluster_rows", "rows": [[1, 2]], "options": {"method": "dbscan", "epsilon": -1}}]),
        ("embeddings of two pipelines", [created, add(one), add(many, photo_id="2.jpg", pipeline="another")]),
        ("embeddings of two lengths", [created, add(one), add({"embedding": [1, 2, 3]}, photo_id="2.jpg")]),
        ("two lengths in a photo", [created, add(one, {"embedding": [1, 2, 3]})]),
        ("an embedding that is no number", [created, add({"embedding": ["nan", 1]})]),
        ("an endless embedding", [created, add({"embedding": ["inf", 1]})]),
        ("an embedding without direction", [created, add({"embedding": [0, 0]})]),
        ("an embedding of no numbers", [created, add({"embedding": []})]),
        ("a box inside out", [created, add({**one, "bbox": [30, 10, 10, 40]})]),
        ("a box that is no number", [created, add({**one, "bbox": [10, "nan", 30, 40]})]),
        ("a score above 1", [created, add({**one, "score": 1.5})]),
        ("a photo without a name", [created, add(one, photo_id="")]),
        ("an event without a name", [created, add(one, event="")]),
        ("an event whose name is too long", [created, add(one, event="n" * 401)]),
        ("a photo without faces is fine", [created, add()]),
        ("a photo twice is fine", [created, add(one), add(many)]),
        ("faces for a reader", [created, add(one), {"call": "close"}, {"call": "open", "access": "read_only"},
                                add(many, photo_id="2.jpg")]),
        ("faces of a photo that is not there", [created, add(one), {"call": "photo_faces", "event": "e", "photo_id": "2.jpg"}]),
        ("faces of an event that is not there", [created, {"call": "photo_faces", "event": "x", "photo_id": "1.jpg"}]),
        ("a photo of an event that is not there", [created, {"call": "remove_photo", "event": "x", "photo_id": "1.jpg"}]),
        ("an archived event takes no photos",
         [created, add(one), {"call": "archive", "event": "e"}, add(many, photo_id="2.jpg")]),
        ("archiving what is not there", [created, {"call": "archive", "event": "x"}]),
        ("clusters of an event that is not there are none", [created, {"call": "cluster", "event": "x"}]),
        ("clusters of one face", made({"call": "cluster", "event": "e", "options": {"min_cluster_size": 1}})),
        ("a similarity above 1", made({"call": "cluster", "event": "e", "options": {"assign_similarity": 1.5}})),
        ("linking nobody", made({"call": "link", "event": "e", "person": first + 1, "user_id": "anna"})),
        ("linking somebody of no event", made({"call": "link", "event": "x", "person": first, "user_id": "anna"})),
        ("linking to no user", made({"call": "link", **anna, "user_id": ""})),
        ("merging a person with itself", made({"call": "merge", **anna, "into": first})),
        ("merging those who are not the same", made(
            add(many, photo_id="2.jpg"), {"call": "create", "event": "e", "faces": [first + 1]},
            {"call": "not_same", **anna, "other": first + 1}, {"call": "merge", **anna, "into": first + 1})),
        ("linking who was merged", made(
            add(many, photo_id="2.jpg"), {"call": "create", "event": "e", "faces": [first + 1]},
            {"call": "merge", **anna, "into": first + 1}, {"call": "link", **anna, "user_id": "anna"})),
        ("splitting off all faces", made({"call": "split", **anna, "faces": [first]})),
        ("splitting off no faces", made({"call": "split", **anna, "faces": []})),
        ("a person of no faces", made({"call": "create", "event": "e", "faces": []})),
        ("a person of two faces of a photo", [created, add(one, many), {"call": "create", "event": "e", "faces": [first, first + 1]}]),
        ("a person of a face that is not there", made({"call": "create", "event": "e", "faces": [first + 7]})),
        ("a face that is not the person's", made(
            add(many, photo_id="2.jpg"), {"call": "pin_representative", **anna, "face": first + 1})),
        ("a face that is not there", made({"call": "unassign", "event": "e", "face": first + 7})),
        ("nobody is not the same as somebody", made({"call": "not_same", **anna, "other": first + 9})),
        ("purging nobody", made({"call": "forget_person", "event": "e", "person": first + 1})),
        ("purging a user that nobody is", made({"call": "forget_user", "event": "e", "user_id": "anna"})),
        ("searching with another pipeline",
         made({"call": "search", "pipeline": "another", "embedding": [0.6, 0.8], "options": {}})),
        ("searching with no direction", made({"call": "search", "pipeline": "golden", "embedding": [0, 0], "options": {}})),
        ("searching with no number", made({"call": "search", "pipeline": "golden", "embedding": ["nan", 1], "options": {}})),
        ("searching no event", made(
            {"call": "search", "pipeline": "golden", "embedding": [0.6, 0.8], "options": {"events": ["x"]}})),
        ("searching an empty store finds nothing",
         [created, {"call": "search", "pipeline": "golden", "embedding": [0.6, 0.8], "options": {}}]),
        ("people of a closed store", made({"call": "close"}, {"call": "people", "event": "e"})),
        ("clusters of a closed store", made({"call": "close"}, {"call": "cluster", "event": "e"})),
    ]


def write(name, value):
    (FOLDER / name).write_text(json.dumps(value, indent=2) + "\n")


def main():
    write("pictures.json", {"cases": [{"path": INPUTS + name} for name in PICTURES]})
    named = [{"name": name, "rows": rows, "options": options} for name, rows, options in clusters()]
    write("clusters.json", {"cases": named})
    write("faces.json", {"steps": faces()})
    write("face_errors.json", {"cases": [{"name": name, "steps": steps} for name, steps in errors()]})


main()
