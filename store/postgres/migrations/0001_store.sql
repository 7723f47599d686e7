-- {schema} is replaced by the quoted name of the schema.

-- Documents. Keys order bytewise; the version of a document is the row's xmin.
CREATE TABLE {schema}.docs (
  kind  text COLLATE "C" NOT NULL,
  key   bytea NOT NULL,
  value bytea NOT NULL,
  PRIMARY KEY (kind, key)
);

-- The last transaction that a connection committed, by a number that the connection gave
-- itself and one that it counts. Who lost the answer to a commit looks here: the number
-- of the transaction would not do, since a server that crashes may give it again.
CREATE TABLE {schema}.commits (
  conn   bigint PRIMARY KEY,
  n      bigint NOT NULL,
  closed boolean NOT NULL DEFAULT false, -- the connection broke: what it still has on the way is not wanted
  at     timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);

-- Every call of Work that may hold jobs. A row is the lease of all its jobs.
CREATE TABLE {schema}.workers (
  id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  process text NOT NULL,
  lease   interval NOT NULL,
  expires timestamptz NOT NULL,
  lost    boolean NOT NULL DEFAULT false -- its jobs are being taken back
) WITH (fillfactor = 50);

-- Jobs, ended ones too. Times are nanoseconds since 1970, 0 is none. Of a mailbox's
-- outstanding jobs one, the head, is delayed, ready or running; the others are boxed.
CREATE TABLE {schema}.jobs (
  seq              bigint GENERATED ALWAYS AS IDENTITY,
  id               text COLLATE "C" PRIMARY KEY,
  kind             text COLLATE "C" NOT NULL,
  unique_key       bytea,
  mailbox          bytea,
  owner            bytea,
  payload          bytea,
  background       boolean NOT NULL,
  priority         integer NOT NULL,
  state            text COLLATE "C" NOT NULL
                   CHECK (state IN ('boxed', 'delayed', 'ready', 'running', 'done', 'failed', 'cancelled')),
  attempt          integer NOT NULL DEFAULT 0,
  max_attempts     integer NOT NULL,
  last_error       text NOT NULL DEFAULT '',
  enqueued_at      bigint NOT NULL,
  not_before       bigint NOT NULL DEFAULT 0,
  started_at       bigint NOT NULL DEFAULT 0,
  ended_at         bigint NOT NULL DEFAULT 0,
  worker           bigint,
  token            text,
  cancel_requested boolean NOT NULL DEFAULT false
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500);

CREATE UNIQUE INDEX jobs_unique ON {schema}.jobs (unique_key) WHERE unique_key IS NOT NULL;
CREATE INDEX jobs_ready ON {schema}.jobs (background, priority, seq) WHERE state = 'ready';
CREATE INDEX jobs_delayed ON {schema}.jobs (not_before) WHERE state = 'delayed';
CREATE INDEX jobs_running ON {schema}.jobs (worker) WHERE state = 'running';
CREATE INDEX jobs_boxed ON {schema}.jobs (mailbox, seq) WHERE state = 'boxed';
CREATE UNIQUE INDEX jobs_head ON {schema}.jobs (mailbox) WHERE mailbox IS NOT NULL AND state IN ('delayed', 'ready', 'running');
CREATE INDEX jobs_owner ON {schema}.jobs (owner) WHERE owner IS NOT NULL AND state IN ('boxed', 'delayed', 'ready', 'running');
CREATE INDEX jobs_ended ON {schema}.jobs (ended_at) WHERE state IN ('done', 'failed', 'cancelled');
