-- The whole schema as the migrations make it, for reading and review; nothing reads this file but a test.
-- After a new migration, paste what that test says.

CREATE TABLE array (
  -- One submission of tasks to the batch system.
  id            integer primary key,             -- inside this file only
  run           integer not null references run, -- the run it belongs to
  name          text not null,                   -- its folder, and the token to look for
  state         text not null check (state in ('submitting', 'submitted', 'refused')), -- 'submitted' once any of it was
  resources     text not null check (json_valid(resources)), -- JSON: what each element asks for
  native        text,                            -- the batch system's id; null until it answered
  reason        text,                            -- why it was refused
  submitting_ms integer not null,                -- when the intent was written
  submitted_ms  integer,                         -- when the answer was written
  unique (run, name)
) strict;

CREATE TABLE artifact (
  -- One content, wherever it lies.
  id     integer primary key,                        -- inside this file only
  sha256 text not null check (length(sha256) = 64),  -- of the content, lower-case hex
  size   integer not null,                           -- in bytes
  unique (sha256, size)
) strict;

CREATE INDEX attempt_by_array on attempt (array, idx, position);

CREATE INDEX attempt_by_content_key on attempt (content_key) where state = 'succeeded';

CREATE TABLE attempt (
  -- One try of a task. Null means not recorded.
  id          integer primary key,              -- inside this file only
  task        integer not null references task, -- what was tried
  number      integer not null,                 -- from 1
  state       text not null check (state in ('waiting', 'submitting', 'queued', 'running', 'succeeded', 'failed',
                'cancelled', 'skipped', 'cached', 'lost')), -- as for tasks; 'waiting' if it never came to run
  array       integer references array,         -- how it was submitted
  idx         integer,                          -- the element of that array, from 0
  position    integer,                          -- among the tasks of that element, from 0
  host        text,                             -- node it ran on
  job         text,                             -- the batch system's id as the node saw it
  gpus        text,                             -- as the batch system spelled them; empty for none
  command     text,                             -- the command as it was run
  started_ms  integer,                          -- UTC by the node's clock
  ended_ms    integer,                          -- UTC by the node's clock
  outcome     text,                             -- the record's word for how it ended
  exit        integer,                          -- exit code
  signal      integer,                          -- number of the signal that ended it, or 0
  peak_kb     integer,                          -- peak memory in kB; null when the node cannot tell
  content_key text,                             -- static key and input hashes, as the node computed it
  why         text,                             -- a word of the class table when it ended badly
  message     text,                             -- the same in a sentence
  note        text,                             -- what the node remarked
  batch_row   text,                             -- the batch system's row of its element, as it was read
  node        text,                             -- the node, by the batch system's own name for it
  seq         integer not null,                 -- the event that changed it last
  unique (task, number)
) strict;

CREATE TABLE blob (
  -- Texts that events name by hash: plans, workflows, tools, job scripts. Written once.
  sha256 text primary key check (length(sha256) = 64), -- of the text itself, lower-case hex
  size   integer not null,                             -- bytes of the text itself
  data   blob not null                                 -- the text, deflated (zlib)
) strict;

CREATE TRIGGER blob_no_delete before delete on blob begin
  select raise(abort, 'blobs are append-only');
end;

CREATE TRIGGER blob_no_update before update on blob begin
  select raise(abort, 'blobs are append-only');
end;

CREATE TRIGGER blob_once before insert on blob begin
  select raise(abort, 'blob already present') where exists (select 1 from blob where sha256 = new.sha256);
end;

CREATE TABLE element (
  -- One index of an array: tasks that run one after the other on one node.
  array  integer not null references array, -- the array
  idx    integer not null,                  -- from 0
  state  text not null check (state in ('packed', 'submitting', 'submitted', 'refused')), -- what is known of the handing over
  native text,                              -- the batch system's id where each element has its own
  primary key (array, idx)
) strict, without rowid;

CREATE INDEX events_run on events (run_id);

CREATE INDEX events_site_paused on events (seq) where kind = 'site-paused';

CREATE TABLE events (
  -- Past-tense facts in the order in which they were written. Guarded by the triggers below, chained by hash.
  seq       integer primary key,                              -- 1, 2, 3, … no gaps
  prev_hash text not null,                                    -- hash of seq - 1; '0' for the first
  hash      text not null unique check (length(hash) = 64),   -- sha256 of prev_hash, seq, at_ms, kind and body, a line each
  at_ms     integer not null,                                 -- UTC by the writer's clock, as it was read
  kind      text not null,                                    -- a past-tense fact, e.g. 'task-succeeded'
  body      text not null check (json_valid(body)),           -- the event as JSON, hashed as it is stored
  run_id    text generated always as (json_extract(body, '$.run')) virtual -- the run it speaks of; null for none
) strict;

CREATE TRIGGER events_chain before insert on events begin
  select raise(abort, 'seq must be max + 1')
    where new.seq is not (select coalesce(max(seq), 0) + 1 from events);
  select raise(abort, 'prev_hash is not the last hash')
    where new.prev_hash is not coalesce((select hash from events order by seq desc limit 1), '0');
  select raise(abort, 'hash already present')
    where exists (select 1 from events where hash = new.hash);
end;

CREATE TRIGGER events_no_delete before delete on events begin
  select raise(abort, 'events are append-only');
end;

CREATE TRIGGER events_no_update before update on events begin
  select raise(abort, 'events are append-only');
end;

CREATE INDEX gen_by_attempt on gen (attempt, task);

CREATE TABLE gen (
  -- What an attempt made. Each file has one maker.
  location integer primary key references location, -- the file
  attempt  integer not null references attempt,     -- its maker
  role     text not null,                           -- output of the tool
  task     integer references task                  -- the cached task it was linked or copied for; null for the original
) strict;

CREATE TABLE key_common (
  -- The parts of static keys that the tasks of a step share.
  id     integer primary key,                              -- in order of first use
  sha256 text not null unique check (length(sha256) = 64), -- of the parts
  parts  text not null check (json_valid(parts))           -- JSON: command, tool, cache version, container, environment
) strict;

CREATE TABLE key_part (
  -- A static key: everything that makes a result reusable but the contents of the inputs.
  id         integer primary key,                                  -- in order of first use
  static_key text not null unique check (length(static_key) = 64), -- sha256
  common     integer references key_common,                        -- shared parts; null when they were not recorded
  own        text check (own is null or json_valid(own))           -- JSON: values and output names; null as above
) strict;

CREATE INDEX location_by_artifact on location (artifact);

CREATE INDEX location_by_path on location (path);

CREATE UNIQUE INDEX location_current on location (site, path) where state <> 'superseded';

CREATE TABLE location (
  -- A content seen at a path. The row of a file that was written over stays, superseded.
  id        integer primary key,                  -- inside this file only
  artifact  integer not null references artifact, -- the content
  site      text not null,                        -- where the path is meant
  path      text not null,                        -- absolute
  mtime_ms  integer,                              -- modification time as a listing saw it, UTC
  inode     text,                                 -- as a listing saw it
  hashed_ms integer,                              -- when the content was hashed, UTC
  state     text not null check (state in ('present', 'missing', 'superseded')), -- as last seen
  seq       integer not null                      -- the event that changed it last
) strict;

CREATE VIEW maker (
  -- Who made a file: its own maker, else whoever first made the same content (a result that was moved by hand).
  location,  -- the file
  attempt,   -- its maker
  role,      -- output of the tool
  by_content -- 1 when only the content says so
) as
  select location, attempt, role, 0 from gen
  union all
  select stray.id, gen.attempt, gen.role, 1
    from location as stray
    join gen on gen.location = (
      select made.id from location as made join gen as g on g.location = made.id
       where made.artifact = stray.artifact order by made.id limit 1)
   where not exists (select 1 from gen as own where own.location = stray.id)
     -- What was read to make it, or before it was made, was there first: raw data may equal a result.
     and not exists (select 1 from used where used.location = stray.id and used.attempt <= gen.attempt);

CREATE INDEX param_by_name on param (name, value);

CREATE TABLE param (
  -- One value of a set, and where it came from.
  param_set integer not null references param_set, -- the set it belongs to
  name      text not null,                         -- of the parameter
  value     text not null check (json_valid(value)), -- JSON: a number, a text or a truth value
  origin    text not null,                         -- which kind of source won, e.g. 'command line'
  source    text not null,                         -- in words: the option, the file and line, the metadata field
  primary key (param_set, name)
) strict, without rowid;

CREATE TABLE param_set (
  -- One set of resolved values. Tasks whose values are all the same share it.
  id     integer primary key,                               -- in order of first use
  sha256 text not null unique check (length(sha256) = 64)   -- of the values as JSON
) strict;

CREATE TABLE pending (
  -- Events that the other tables do not tell of. Whoever asks these tables has them written first, so that this is nearly always empty.
  seq   integer primary key references events, -- the event
  fault text                                   -- why the tables cannot hold it; null while that was not tried
) strict;

CREATE INDEX run_by_workflow on run (workflow, id);

CREATE TABLE run (
  -- One execution of a plan.
  id              integer primary key,      -- inside this file only
  name            text not null unique,     -- the run's id as people and folders know it
  workflow        text not null,            -- its name
  workflow_file   text not null,            -- where it was read
  workflow_sha256 text not null,            -- of its text, a blob
  plan_sha256     text not null,            -- of the plan with its tasks and key parts, a blob
  site            text not null,            -- the named cluster profile, or 'local'
  folder          text not null,            -- the run's folder on the site
  data_folder     text not null,            -- where the collections were looked for
  user            text not null,            -- login name of who planned it
  host            text not null,            -- machine it was planned on
  version         text not null,            -- of espalier
  arguments       text not null check (json_valid(arguments)),    -- JSON list: the command line
  acknowledged    text not null check (json_valid(acknowledged)), -- JSON list: contradictions accepted by name
  param_set       integer not null references param_set,          -- values set for the whole run
  planned_ms      integer not null,         -- when it was planned, UTC
  planned_seq     integer not null,         -- the event that planned it
  finished_ms     integer,                  -- when its last task ended; null while it has not
  epoch           integer not null default 0, -- of its latest driver; 0 for none yet
  driver_host     text,                     -- machine of the latest driver
  driver_pid      integer,                  -- its process id there
  driver_since_ms integer,                  -- when it took the run
  detached_ms     integer,                  -- when it let go; null while it drives, or if it died
  detached_why    text                      -- 'finished', 'interrupted' or 'failed'
) strict;

CREATE TABLE step (
  -- One node of a run's workflow, with what is the same for all its tasks.
  id       integer primary key,            -- inside this file only
  run      integer not null references run, -- the run it belongs to
  position integer not null,               -- in the plan, from 0; each step comes after what it reads
  name     text not null,                  -- as the workflow spells it
  body     text not null check (json_valid(body)), -- JSON: tool, container, command template, environment, shape
  unique (run, name)
) strict;

CREATE INDEX task_by_key on task (key);

CREATE INDEX task_by_label on task (step, label);

CREATE INDEX task_ended on task (step, state) where state in ('succeeded', 'failed', 'cancelled', 'skipped', 'cached', 'lost');

CREATE TABLE task (
  -- One step on one item or group.
  id          integer primary key,              -- inside this file only
  step        integer not null references step, -- with its run
  ordinal     integer not null,                 -- from 1, in the order of the plan; the task is STEP:ORDINAL
  label       text not null,                    -- of the item or group, unique in the step
  state       text not null check (state in ('waiting', 'submitting', 'queued', 'running', 'succeeded', 'failed',
                'cancelled', 'skipped', 'cached', 'lost')), -- see docs/states.md
  attempt     integer not null default 0,       -- number of its latest attempt; 0 for none
  key         integer not null references key_part, -- its static key
  plan_key    text not null,                    -- stands in while inputs are unknown
  param_set   integer not null references param_set, -- its tool's values
  why         text,                             -- a word for how it came to this state; null when there is none
  message     text,                             -- the same in a sentence
  cached_from integer references attempt,       -- the attempt that serves; null unless cached
  seq         integer not null,                 -- the event that changed it last
  unique (step, ordinal)
) strict;

CREATE INDEX used_by_location on used (location, attempt);

CREATE TABLE used (
  -- What an attempt read.
  attempt  integer not null references attempt,  -- the reader
  role     text not null,                        -- input of the tool
  n        integer not null,                     -- position in its role, from 0
  artifact integer not null references artifact, -- the content
  location integer not null references location, -- where it was read
  primary key (attempt, role, n)
) strict, without rowid;
