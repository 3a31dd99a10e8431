"""Tables of the ledger, the only truth about a campaign."""

from __future__ import annotations

VERSION = 7
"""Stored as SQLite's user_version; raised whenever an older program could misread the tables."""

TABLES = """
CREATE TABLE fact (
    name TEXT PRIMARY KEY,          -- 'campaign', 'identity', 'plan', 'given_models', 'changes',
                                    -- 'levels' and 'objectives', as this session has them,
                                    -- 'thresholds' that were changed, by objective,
                                    -- 'outputs', what models predict, in the arrays' order,
                                    -- 'costs', prices as this session has them, 'machines', seconds
                                    -- of cores and GPUs that were held, by topic and site,
                                    -- 'session', when steering was started last, 'paused',
                                    -- 'stopping', 'finished', 'request/NAME' for each request,
                                    -- 'training_rows', of which each label had one or several,
                                    -- 'own_columns' with the headings of the users' own columns,
                                    -- and 'own_columns/MOLECULE' with the cells of a molecule
    value TEXT NOT NULL             -- JSON
);

CREATE TABLE event (
    seq INTEGER PRIMARY KEY,        -- the order in which the policy saw them
    body TEXT NOT NULL              -- JSON of a policy event
);

CREATE TABLE checkpoint (           -- one row at most
    seq INTEGER PRIMARY KEY,        -- the last event that led to this state
    state BLOB NOT NULL             -- JSON of the policy's state, compressed by zlib
);

CREATE TABLE task (
    task_id TEXT PRIMARY KEY,
    topic TEXT NOT NULL,
    command TEXT NOT NULL,          -- JSON of the policy command that asked for it
    state TEXT NOT NULL CHECK (state IN ('ready', 'dispatched', 'settled', 'revoked')),
    status TEXT,                    -- ok, error, timeout, poison or cancelled, once settled
    error TEXT,                     -- JSON of an ErrorRecord
    publishes INTEGER NOT NULL DEFAULT 0,
    starts INTEGER NOT NULL DEFAULT 0,
    worker TEXT,
    created_at REAL NOT NULL,       -- all times are seconds of the Unix epoch
    dispatched_at REAL,
    started_at REAL,
    ended_at REAL,
    reported_at REAL,
    settled_at REAL,
    cpu_s REAL,
    sent_bytes INTEGER,             -- the message
    received_bytes INTEGER          -- the data that the outcome refers to
);
CREATE INDEX task_by_state ON task (state, topic);
CREATE INDEX task_by_end ON task (topic, status, settled_at);

CREATE TABLE result (
    number INTEGER PRIMARY KEY,     -- 1, 2, ... in the order of settling
    molecule INTEGER NOT NULL,
    level TEXT NOT NULL,
    task_id TEXT NOT NULL UNIQUE REFERENCES task,
    smiles TEXT NOT NULL,
    engine TEXT NOT NULL,
    generation INTEGER NOT NULL,    -- of the models that chose it; 0 before there was one
    record TEXT NOT NULL,           -- file of its QCSchema records, below the run directory, with
                                    -- '#OFFSET' behind it where they share it with others
    UNIQUE (molecule, level)
);

CREATE TABLE label (
    number INTEGER NOT NULL REFERENCES result,
    molecule INTEGER NOT NULL,
    level TEXT NOT NULL,
    property TEXT NOT NULL,
    value REAL NOT NULL,
    unit TEXT NOT NULL,
    PRIMARY KEY (molecule, level, property)
) WITHOUT ROWID;
CREATE INDEX label_by_value ON label (level, property, value);
CREATE INDEX label_by_number ON label (number);

CREATE TABLE model (
    task_id TEXT PRIMARY KEY REFERENCES task,
    generation INTEGER NOT NULL,
    surrogate TEXT NOT NULL,
    members TEXT NOT NULL,          -- JSON list of TrainedMember
    labels INTEGER NOT NULL,        -- how many it was trained on
    validation_mae TEXT NOT NULL,   -- JSON list of a number or null for each output
    calibration TEXT NOT NULL,      -- JSON list of a Calibration for each output, or empty
    device TEXT NOT NULL,
    file TEXT NOT NULL,             -- weights, below the run directory
    sha256 TEXT NOT NULL
);

CREATE TABLE ranking (
    generation INTEGER PRIMARY KEY,
    body TEXT NOT NULL              -- JSON of a Ranking: which models an update ranks by, and why
);

CREATE TABLE prediction (
    molecule INTEGER PRIMARY KEY,   -- the newest prediction of each shortlisted molecule
    generation INTEGER NOT NULL,
    means TEXT NOT NULL,            -- JSON list of a number for each output
    spreads TEXT NOT NULL,          -- likewise
    score REAL NOT NULL
);

CREATE TABLE choice (               -- of molecules that were chosen since there is a model
    molecule INTEGER PRIMARY KEY,
    by_chance INTEGER NOT NULL,     -- 1 if it was drawn as a control, 0 if a model chose it
    generation INTEGER,             -- what was predicted of it then, as in `prediction`; NULL
    means TEXT,                     -- where nothing was, which only chance can have chosen
    spreads TEXT,
    score REAL
);

CREATE TABLE predicted_chunk (
    generation INTEGER NOT NULL,    -- of an update that runs
    chunk INTEGER NOT NULL,
    group_number INTEGER NOT NULL,  -- group of members that predicted it in advance
    blob TEXT NOT NULL,             -- JSON of the Blob
    PRIMARY KEY (generation, chunk, group_number)
) WITHOUT ROWID;

CREATE TABLE object (
    store TEXT NOT NULL,
    key TEXT NOT NULL,
    owner TEXT NOT NULL,            -- 'space', or 'update/GENERATION'
    reference TEXT NOT NULL,        -- JSON of the ObjRef
    PRIMARY KEY (store, key)
) WITHOUT ROWID;

CREATE TABLE addition (
    number INTEGER PRIMARY KEY,     -- 1, 2, ... in the order in which the policy heard of them
    request TEXT NOT NULL UNIQUE,   -- name of the request that asked for it
    kind TEXT NOT NULL CHECK (kind IN ('labels', 'molecules')),
    added_at REAL NOT NULL,         -- seconds of the Unix epoch
    source TEXT NOT NULL,           -- where they came from, for people to read
    file TEXT NOT NULL,             -- below the run directory: a table, or the grown search space
    sha256 TEXT NOT NULL,           -- its digest, or that of the molecules of the space
    added INTEGER NOT NULL,         -- labels or molecules that were new
    passed_over INTEGER NOT NULL,   -- those of molecules that were known, or are searched already
    results INTEGER NOT NULL        -- how many results there were then
);

CREATE TABLE known_label (
    number INTEGER PRIMARY KEY,     -- 1, 2, ... those of the training set, then those added later
    smiles TEXT NOT NULL UNIQUE,    -- canonical and isomeric
    level TEXT NOT NULL,
    property TEXT NOT NULL,
    value REAL NOT NULL,
    unit TEXT NOT NULL,
    molecule INTEGER UNIQUE         -- its number in the search space, NULL if it is not in there
);

CREATE TABLE transfer (
    task_id TEXT NOT NULL REFERENCES task,
    side TEXT NOT NULL CHECK (side IN ('steering', 'worker')),
    store TEXT NOT NULL,
    operation TEXT NOT NULL,        -- put, get, cached: read from nearby, or ahead
    count INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    duration_s REAL NOT NULL,
    PRIMARY KEY (task_id, side, store, operation)
) WITHOUT ROWID;
"""

ADDED = """
CREATE TABLE IF NOT EXISTS stages (
    task_id TEXT PRIMARY KEY REFERENCES task,
    stages TEXT NOT NULL            -- JSON list of [name, seconds after the start, duration in s]
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS place (  -- of tasks that ran at a site with a name
    task_id TEXT PRIMARY KEY REFERENCES task,
    site TEXT NOT NULL
) WITHOUT ROWID;
"""
"""Tables that ledgers of this version may lack, and that no program misses or misreads."""
