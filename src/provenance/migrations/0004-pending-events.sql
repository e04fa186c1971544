-- Of the events by which a run is handed over, only the fact has to be on the disk before the batch system is asked; its ten thousand
-- rows can be written while the cluster begins.

create table pending (
  -- Events that the other tables do not tell of. Whoever asks these tables has them written first, so that this is nearly always empty.
  seq   integer primary key references events, -- the event
  fault text                                   -- why the tables cannot hold it; null while that was not tried
) strict;
