-- What the batch system said of an attempt, beside the verdict; and a quick answer to whether a site was paused. Projections are
-- written again from the events after this.

pragma defer_foreign_keys = on;
update task set cached_from = null;
delete from gen;
delete from used;
drop table attempt;

create table attempt (
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
create index attempt_by_array on attempt (array, idx, position);
create index attempt_by_content_key on attempt (content_key) where state = 'succeeded';

create index events_site_paused on events (seq) where kind = 'site-paused';
