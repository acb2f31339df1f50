"""What users decide about people: it is in the database, it holds, and a new index knows it."""

from typing import Any

import pytest

from support import TOKEN, Host, Worker, serving

WHO = """
select split_part(media_id, '/', 2) as who, face_person_id::text from faces where event_id = 'event-1'
and face_person_id is not null group by 1, 2 order by count(*) desc
"""


def ids(worker: Worker) -> dict[str, str]:
    """Ids of people by who they are."""
    return {who: person for who, person in reversed(worker.sql(WHO))}


def faces_of(worker: Worker, person: str) -> list[str]:
    """The faces of a person, by photo."""
    return [
        row[0] for row in worker.sql("select id::text from faces where face_person_id = %s order by media_id", person)
    ]


def listed(worker: Worker) -> dict[str, Any]:
    """What the page is given."""
    answer = worker.client.get(
        "/face-persons", params={"event_id": "event-1"}, headers={"Authorization": f"Bearer {TOKEN}"}
    )
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def renewed(worker: Worker) -> None:
    """Makes the index anew from the database, and finds people again."""
    worker.core.index.distrust("event-1")
    worker.sql("update events set revision = revision + 1")
    assert worker.cluster(f"again {worker.sql('select count(*) from ml_jobs')}").status_code == 200


def test_a_name_is_in_the_database(party: Worker) -> None:
    arnold = ids(party)["Arnold_Schwarzenegger"]
    assert party.decide("name", person_id=arnold, value="Arnold", decided_by="ann").json() == {"person_id": arnold}
    assert party.sql("select name, status from face_persons where id = %s", arnold) == [("Arnold", "pending")]
    assert party.sql("select bool_and(confirmed) from faces where face_person_id = %s", arnold) == [(True,)]
    renewed(party)
    assert party.sql("select name from face_persons where id = %s", arnold) == [("Arnold",)]
    (row,) = party.sql("select kind, person_id::text, value, decided_by from face_decisions")
    assert row == ("name", arnold, "Arnold", "ann")
    first = next(person for person in listed(party)["people"] if person["name"] == "Arnold")
    assert first["face_count"] == len(first["faces"]) == 6


def test_linking_makes_tags(party: Worker) -> None:
    powell = ids(party)["Colin_Powell"]
    party.sql("insert into media_tags (media_id, member_id, source) select id, 'colin', 'manual' from media limit 1")
    assert party.decide("link-user", person_id=powell, value="colin").status_code == 200
    rows = party.sql("select source, count(*), count(face_id) from media_tags group by source order by source")
    assert rows == [("face_clustering", 6, 6), ("manual", 1, 0)]
    assert party.sql("select count(*) from media_with_face_tags where face_person_id = %s", powell) == [(6,)]
    face = faces_of(party, powell)[0]
    party.decide("unassign", face_ids=[face])
    assert party.sql("select count(*) from media_tags where source = 'face_clustering'") == [(5,)]
    renewed(party)
    assert party.sql("select linked_user_id, status from face_persons where id = %s", powell) == [("colin", "linked")]
    assert party.sql("select count(*) from media_tags where source = 'face_clustering'") == [(5,)]
    assert party.sql("select face_person_id from faces where id = %s", face) == [(None,)]


def test_invited_and_ignored_people_stay(party: Worker) -> None:
    who = ids(party)
    party.decide("invite", person_id=who["Colin_Powell"], value="colin@example.org")
    party.decide("ignore", person_id=who["Donald_Rumsfeld"])
    before = party.sql("select id, status, invitation_email, invited_at from face_persons order by cluster_label")
    assert [row[1] for row in before].count("ignored") == 1
    for _ in range(2):
        renewed(party)
    assert (
        party.sql("select id, status, invitation_email, invited_at from face_persons order by cluster_label") == before
    )
    party.decide("unignore", person_id=who["Donald_Rumsfeld"])
    party.decide("unignore", person_id=who["Colin_Powell"])
    assert sorted(row[0] for row in party.sql("select status from face_persons")) == [
        "invited",
        "pending",
        "pending",
        "pending",
    ]


def test_splitting_and_merging(party: Worker) -> None:
    powell = ids(party)["Colin_Powell"]
    faces = faces_of(party, powell)
    new = party.decide("split", person_id=powell, face_ids=faces[:2]).json()["person_id"]
    assert faces_of(party, new) == faces[:2]
    labels = party.sql("select cluster_label, metadata ->> 'face_count' from face_persons where id = %s", new)
    assert labels == [(4, "2")]
    renewed(party)
    assert faces_of(party, new) == faces[:2], "the two are never one again"
    refused = party.decide("merge", person_id=new, other_person_id=powell)
    assert (refused.status_code, "not to be the same" in refused.json()["detail"]) == (409, True)
    party.decide("maybe-same", person_id=new, other_person_id=powell)
    assert party.decide("merge", person_id=new, other_person_id=powell).json() == {"person_id": powell}
    assert faces_of(party, powell) == faces
    (row,) = party.sql("select status, merged_into_id::text, linked_user_id from face_persons where id = %s", new)
    assert row == ("merged", powell, None)
    renewed(party)
    assert faces_of(party, powell) == faces
    gone = party.decide("name", person_id=new, value="x")
    assert (gone.status_code, "merged" in gone.json()["detail"]) == (409, True)
    assert len(listed(party)["people"]) == 4


def test_not_the_same_outlives_the_index(party: Worker) -> None:
    who = ids(party)
    pair = {"person_id": who["Colin_Powell"], "other_person_id": who["Donald_Rumsfeld"]}
    assert party.decide("not-same", **pair).status_code == 200
    party.core.index.distrust("event-1")
    assert party.decide("merge", **pair).status_code == 409
    rows = party.sql("select not_same::text[] from face_persons where id = %s", who["Colin_Powell"])
    assert rows == [([who["Donald_Rumsfeld"]],)]


@pytest.mark.parametrize("renew", [False, True])
def test_faces_are_put_where_they_belong(party: Worker, renew: bool) -> None:
    who = ids(party)
    powell, rumsfeld = who["Colin_Powell"], who["Donald_Rumsfeld"]
    face = faces_of(party, powell)[0]
    if renew:
        party.core.index.distrust("event-1")
    assert party.decide("assign", person_id=rumsfeld, face_ids=[face]).status_code == 200
    assert party.sql("select face_person_id::text, confirmed from faces where id = %s", face) == [(rumsfeld, True)]
    # Another face of that photo that clustering found gives way; the index made anew must know that too.
    media = party.sql("select media_id from faces where id = %s", faces_of(party, rumsfeld)[1])[0][0]
    party.sql(
        """
        insert into faces (media_id, event_id, ordinal, bbox, embedding, quality_score, landmarks)
        select %s, event_id, 9, bbox, embedding, 0.5, landmarks from faces where id = %s
        """,
        media,
        face,
    )
    party.sql("update events set revision = revision + 1")
    (new,) = party.sql("select id::text from faces where ordinal = 9")[0]
    answer = party.decide("assign", person_id=rumsfeld, face_ids=[new])
    # All of that person were confirmed by the first decision: the user has to take the other away first.
    assert (answer.status_code, "one photo" in answer.json()["detail"]) == (409, True)
    rival = party.sql("select id::text from faces where media_id = %s and ordinal < 9", media)[0][0]
    party.sql("update faces set confirmed = false where id = %s", rival)
    assert party.decide("assign", person_id=rumsfeld, face_ids=[new]).status_code == 200
    assert party.sql("select face_person_id, not_persons::text[] from faces where id = %s", rival) == [
        (None, [rumsfeld])
    ]
    made = party.decide("create", face_ids=[rival], value="Somebody").json()["person_id"]
    assert party.sql("select name from face_persons where id = %s", made) == [("Somebody",)]


def test_purging_leaves_nothing_of_a_user(party: Worker) -> None:
    who = ids(party)
    powell = who["Colin_Powell"]
    party.decide("link-user", person_id=powell, value="colin")
    faces = faces_of(party, powell)
    new = party.decide("split", person_id=powell, face_ids=faces[:2]).json()["person_id"]
    party.decide("maybe-same", person_id=new, other_person_id=powell)
    party.decide("merge", person_id=new, other_person_id=powell)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    body = {"event_id": "event-1", "user_id": "colin"}
    gone = party.client.post("/face-person-actions/purge", json=body, headers=headers).json()
    assert gone == {"deleted_faces": 6, "deleted_persons": 2, "deleted_tags": 6}
    assert party.sql("select count(*) from face_persons where id in (%s, %s)", powell, new) == [(0,)]
    assert party.sql("select count(*) from faces where id = any(%s)", faces) == [(0,)]
    assert party.sql("select count(*) from face_decisions where value = 'colin'") == [(0,)]
    assert party.sql("select count(*) from media where faces_detected = 0") == [(6,)]
    # Nothing of it comes back, neither from the index nor from the photos.
    assert party.cluster("job-2").json()["clusters_created"] == 0
    assert party.core.index.store.faces.tags_of_user("colin") == []
    assert party.sql("select count(*) from face_persons") == [(3,)]
    assert party.client.post("/face-person-actions/purge", json=body, headers=headers).json()["deleted_faces"] == 0


def test_an_archived_event_has_no_embeddings(party: Worker, host: Host) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    done = party.client.post("/events/event-1/archive", headers=headers)
    ((faces,),) = party.sql("select count(*) from faces")
    assert done.json() == {"faces": faces, "embeddings": 0, "photos": 24}
    assert party.sql("select count(*) from faces where embedding is not null or thumbnail is not null") == [(0,)]
    assert party.sql("select count(*) from face_persons") == [(4,)]
    assert len(party.core.index.store.faces) == 0
    for answer in (party.cluster("job-2"), party.process("late", host.photo("insightface/t1.jpg"))):
        assert (answer.status_code, "archived" in answer.json()["detail"]) == (409, True)
    assert party.client.post("/events/none/archive", headers=headers).status_code == 404
    assert "/media/a/insightface/t1.jpg?token=t" not in host.requests
    # So for events whose guests did not agree.
    party.sql("insert into events (id, face_recognition_enabled) values ('private', false)")
    refused = party.process("photo", host.photo("insightface/t1.jpg"), event="private")
    assert (refused.status_code, "not enabled" in refused.json()["detail"]) == (409, True)
    assert party.sql("select count(*) from media where event_id = 'private'") == [(0,)]
    # An archived event may be set so by the host's own SQL as well; the trigger does the rest.
    told = party.client.get("/events", headers=headers).json()
    assert {event["event_id"]: event["archived"] for event in told} == {"event-1": True, "private": False}


def test_wrong_decisions_change_nothing(party: Worker) -> None:
    who = ids(party)
    powell, rumsfeld = who["Colin_Powell"], who["Donald_Rumsfeld"]
    nobody = "00000000-0000-0000-0000-000000000000"
    before = party.sql("select id, face_person_id, confirmed from faces order by id")
    cases: list[tuple[str, dict[str, Any], int]] = [
        ("name", {}, 400),
        ("name", {"person_id": nobody, "value": "x"}, 404),
        ("name", {"person_id": "no id", "value": "x"}, 422),
        ("link-user", {"person_id": powell}, 400),
        ("invite", {"person_id": powell, "value": "colin"}, 400),
        ("merge", {"person_id": powell}, 400),
        ("merge", {"person_id": powell, "other_person_id": powell}, 400),
        ("split", {"person_id": powell, "face_ids": faces_of(party, powell)}, 400),
        ("split", {"person_id": powell, "face_ids": faces_of(party, rumsfeld)[:1]}, 400),
        ("assign", {"person_id": powell, "face_ids": [nobody]}, 404),
        ("unknown", {"person_id": powell}, 422),
    ]
    for action, fields, status in cases:
        answer = party.decide(action, **fields)
        assert answer.status_code == status, (action, answer.text)
    assert party.sql("select id, face_person_id, confirmed from faces order by id") == before
    assert party.sql("select count(*) from face_decisions") == [(0,)]


def test_a_host_s_own_rows_are_taken_as_they_are(party: Worker) -> None:
    """People that the original's worker left behind: two faces of one photo are one person there."""
    powell = ids(party)["Colin_Powell"]
    party.sql(
        """
        insert into faces (media_id, event_id, ordinal, face_person_id, bbox, embedding, quality_score, landmarks)
        select media_id, event_id, 7, face_person_id, bbox, embedding, 0.1, landmarks from faces
        where face_person_id = %s limit 1
        """,
        powell,
    )
    renewed(party)
    # The surest face of the photo stays.
    assert len(faces_of(party, powell)) == 6


def test_nobody_gets_in_without_the_token(database_url: str, host: Host) -> None:
    variants: list[dict[str, str]] = [{}, {"ADMIN_TOKEN": ""}]
    for others in variants:
        with serving(database_url, host, **others) as worker:
            for path in ("/events", "/face-persons?event_id=e", "/face-thumbnail/00000000-0000-0000-0000-000000000000"):
                assert worker.client.get(path).status_code == 401
                assert worker.client.get(path, headers={"Authorization": "Bearer wrong"}).status_code == 403
            for action in ("name", "merge", "purge"):
                path = f"/face-person-actions/{action}"
                assert worker.client.post(path, json={"event_id": "e", "user_id": "u"}).status_code == 401
            assert worker.client.post("/events/e/archive").status_code == 401
