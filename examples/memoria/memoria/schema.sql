-- The tables of Memoria. `DIMENSIONS` stands for the length of the model's embeddings.
-- Ids that the host gives (jobs, media, events, users) are text, in which its UUIDs fit; ids of ours are UUIDs.
create extension if not exists vector;

create table if not exists events (
  id text primary key,
  face_recognition_enabled boolean not null default true,
  consent_version integer,
  archived boolean not null default false,
  -- Grows with every change of the event's faces or people: an index that has seen another number is stale.
  revision bigint not null default 0,
  created_at timestamptz not null default now()
);

create table if not exists media (
  id text primary key,
  event_id text not null references events on delete cascade,
  -- Where `/cluster` finds a photo that was not processed: an address, or a path in the bucket of Supabase.
  url text,
  storage_path text,
  width integer,
  height integer,
  faces_detected integer,
  -- What looked at it, and when; a photo without faces is not looked at again.
  pipeline text,
  processed_at timestamptz,
  attempts integer not null default 0,
  error text,
  created_at timestamptz not null default now()
);
create index if not exists media_event on media (event_id);

create table if not exists ml_jobs (
  id text primary key,
  job_type text not null check (job_type in ('detect', 'cluster')),
  event_id text not null,
  media_ids text[] not null default '{}',
  status text not null default 'pending' check (status in ('pending', 'processing', 'completed', 'failed')),
  priority text not null default 'normal' check (priority in ('high', 'normal', 'low')),
  attempts integer not null default 0,
  max_attempts integer not null default 3,
  error text,
  result jsonb,
  started_at timestamptz,
  completed_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  -- What the host is to be told, and how far that is.
  callback jsonb,
  callback_attempts integer not null default 0,
  callback_after timestamptz,
  callback_sent_at timestamptz,
  callback_error text
);
create index if not exists ml_jobs_callbacks on ml_jobs (callback_after) where callback_after is not null;

create table if not exists face_persons (
  id uuid primary key default gen_random_uuid(),
  event_id text not null references events on delete cascade,
  cluster_label integer not null,
  representative_face_id uuid,
  linked_user_id text,
  name text,
  status text not null default 'pending' check (status in ('pending', 'linked', 'invited', 'ignored', 'merged')),
  invitation_email text,
  invited_at timestamptz,
  merged_into_id uuid references face_persons on delete set null,
  -- People that it is not, as a user said.
  not_same uuid[] not null default '{}',
  metadata jsonb not null default '{}',
  created_by_user_id text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (event_id, cluster_label)
);
create index if not exists face_persons_user on face_persons (linked_user_id) where linked_user_id is not null;

create table if not exists faces (
  id uuid primary key default gen_random_uuid(),
  media_id text not null references media on delete cascade,
  event_id text not null references events on delete cascade,
  -- Its place among the faces of the photo, the surest first.
  ordinal integer not null,
  face_person_id uuid references face_persons on delete set null,
  bbox jsonb not null,
  embedding vector(DIMENSIONS),
  quality_score double precision not null,
  landmarks jsonb,
  -- Size, sharpness, pose and light, as sonic measures them.
  quality jsonb not null default '{}',
  thumbnail bytea,
  -- Whether a decision of a user holds it where it is.
  confirmed boolean not null default false,
  -- People that it is not, as a user said.
  not_persons uuid[] not null default '{}',
  created_at timestamptz not null default now(),
  unique (media_id, ordinal)
) with (fillfactor = 45);
-- Pages are left half empty, and there is no index on face_person_id: so a face that is given to a person is changed in
-- place, and is not put into the index of embeddings once more. Faces of people are found through their event.
create index if not exists faces_event on faces (event_id);
-- The original's index is ivfflat with 100 lists, whose centres are taken from the rows that are there when it is made:
-- made on an empty table it finds next to nothing later.
create index if not exists faces_embedding on faces using hnsw (embedding vector_cosine_ops);

create table if not exists face_decisions (
  id bigint generated always as identity primary key,
  event_id text not null references events on delete cascade,
  kind text not null,
  person_id uuid references face_persons on delete cascade,
  other_person_id uuid references face_persons on delete cascade,
  face_ids uuid[] not null default '{}',
  value text,
  decided_by text,
  decided_at timestamptz not null default now()
);
create index if not exists face_decisions_event on face_decisions (event_id);

create table if not exists media_tags (
  id uuid primary key default gen_random_uuid(),
  media_id text not null references media on delete cascade,
  member_id text not null,
  source text not null default 'manual' check (source in ('manual', 'face_clustering', 'imported', 'suggested')),
  bbox jsonb,
  face_id uuid references faces on delete set null,
  created_at timestamptz not null default now(),
  unique (media_id, member_id)
);

create or replace view face_persons_with_stats as
  select p.*, count(f.id) as face_count, count(distinct f.media_id) as media_count,
         avg(f.quality_score) as avg_quality
  from face_persons p left join faces f on f.face_person_id = p.id and f.event_id = p.event_id
  group by p.id;

create or replace view media_with_face_tags as
  select m.id as media_id, m.event_id, t.member_id, t.source, t.bbox, t.face_id, p.id as face_person_id
  from media m join media_tags t on t.media_id = m.id
  left join faces f on f.id = t.face_id left join face_persons p on p.id = f.face_person_id;

create or replace function increment_job_attempts(p_job_id text) returns integer language sql as $$
  update ml_jobs set attempts = attempts + 1, updated_at = now() where id = p_job_id returning attempts
$$;

-- Forgets the face of a user in an event: the people linked to the user, those merged into them, their faces and tags.
create or replace function purge_face_data_for_user(p_user_id text, p_event_id text) returns jsonb language plpgsql as $$
declare
  people uuid[];
  gone uuid[];
  tags integer;
begin
  -- Jobs of the event wait, or are waited for: none brings back what is purged.
  update events set revision = revision + 1 where id = p_event_id;
  with recursive linked as (
    select id from face_persons where event_id = p_event_id and linked_user_id = p_user_id
    union select p.id from face_persons p join linked on p.merged_into_id = linked.id
  ) select coalesce(array_agg(id), '{}') into people from linked;
  select coalesce(array_agg(id), '{}') into gone from faces where event_id = p_event_id and face_person_id = any (people);
  delete from media_tags t using media m
    where m.id = t.media_id and m.event_id = p_event_id
      and (t.face_id = any (gone) or (t.member_id = p_user_id and t.source in ('face_clustering', 'suggested')));
  get diagnostics tags = row_count;
  update media m set faces_detected = faces_detected - d.n
    from (select media_id, count(*)::integer as n from faces where id = any (gone) group by media_id) d
    where m.id = d.media_id;
  delete from faces where id = any (gone);
  update face_persons set not_same = (select coalesce(array_agg(x), '{}') from unnest(not_same) x where x <> all (people))
    where not_same && people;
  update faces set not_persons = (select coalesce(array_agg(x), '{}') from unnest(not_persons) x where x <> all (people))
    where not_persons && people;
  delete from face_persons where id = any (people);
  return jsonb_build_object('deleted_faces', cardinality(gone), 'deleted_persons', cardinality(people),
                            'deleted_tags', tags);
end $$;

-- An archived event has no embeddings and no pictures of faces any more.
create or replace function forget_embeddings() returns trigger language plpgsql as $$
begin
  update faces set embedding = null, thumbnail = null where event_id = new.id;
  new.revision := new.revision + 1;
  return new;
end $$;
create or replace trigger events_archive before update of archived on events
  for each row when (new.archived and not old.archived) execute function forget_embeddings();
