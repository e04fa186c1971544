-- Only tasks that have ended are kept in order of their state: a submission moves ten thousand of the others twice, and each move
-- was a change of that order too.

drop index task_by_state;
create index task_ended on task (step, state) where state in ('succeeded', 'failed', 'cancelled', 'skipped', 'cached', 'lost');
