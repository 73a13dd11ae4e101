-- The tables of JobHunter. Ids are text where Kubernetes or a token gives them, uuid where they are made here.

CREATE TABLE users (
    id text PRIMARY KEY CHECK (id <> ''),
    email text,
    role text NOT NULL DEFAULT 'user',
    documents_revision bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE user_profiles (
    user_id text PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    profile jsonb NOT NULL,
    revision integer NOT NULL DEFAULT 1,
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE documents (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind IN ('resume', 'cover_letter', 'other')),
    filename text NOT NULL,
    media_type text NOT NULL,
    sha256 text NOT NULL,
    size integer NOT NULL,
    bytes bytea NOT NULL,
    text text,
    pages jsonb,
    state text NOT NULL,
    note text NOT NULL DEFAULT '',
    passages integer NOT NULL DEFAULT 0,
    revision bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX documents_by_name ON documents (user_id, created_at DESC);

-- manifest: the ApplicationTask as last seen, without spec.responses, which may hold answers.
CREATE TABLE tasks (
    id text PRIMARY KEY,
    user_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    raw_prompt text,
    url text,
    status text NOT NULL CHECK (status IN ('queued', 'running', 'completed', 'failed')),
    created_at timestamptz NOT NULL DEFAULT now(),
    site text,
    completed_at timestamptz,
    resource_version numeric NOT NULL DEFAULT 0,
    manifest jsonb,
    deleted_at timestamptz,
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (id, user_id)
);
CREATE INDEX tasks_newest ON tasks (user_id, created_at DESC, id DESC);
CREATE INDEX tasks_by_site ON tasks (site, user_id);

CREATE TABLE task_steps (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    task_id text NOT NULL,
    user_id text NOT NULL,
    step_order integer NOT NULL,
    action_type text NOT NULL,
    status text NOT NULL CHECK (status IN ('queued', 'running', 'completed', 'failed')),
    payload jsonb NOT NULL DEFAULT '{}',
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (task_id, step_order),
    UNIQUE (id, user_id),
    FOREIGN KEY (task_id, user_id) REFERENCES tasks (id, user_id) ON DELETE CASCADE
);

CREATE TABLE execution_logs (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    step_id uuid NOT NULL,
    user_id text NOT NULL,
    event_id text NOT NULL UNIQUE,
    log_level text NOT NULL CHECK (log_level IN ('debug', 'info', 'warning', 'error')),
    message text NOT NULL,
    screenshot_path text,
    at timestamptz NOT NULL,
    FOREIGN KEY (step_id, user_id) REFERENCES task_steps (id, user_id) ON DELETE CASCADE
);
CREATE INDEX execution_logs_of_step ON execution_logs (step_id, at);

-- published_at: when NATS took the event; one clock orders the events of runner and operator.
CREATE TABLE events (
    event_id text PRIMARY KEY,
    task_id text NOT NULL,
    user_id text NOT NULL,
    type text NOT NULL,
    agent text NOT NULL,
    message text NOT NULL,
    data jsonb NOT NULL,
    attempt integer NOT NULL,
    at timestamptz NOT NULL,
    published_at timestamptz NOT NULL,
    FOREIGN KEY (task_id, user_id) REFERENCES tasks (id, user_id) ON DELETE CASCADE
);
CREATE INDEX events_in_order ON events (task_id, published_at, event_id);

-- decided: the outcome is the resource's own, which no event changes any more.
CREATE TABLE applications (
    task_id text PRIMARY KEY,
    user_id text NOT NULL,
    canonical_url text,
    ats text,
    company text,
    title text,
    outcome text NOT NULL,
    reason text,
    submitted_at timestamptz,
    ended_at timestamptz NOT NULL,
    seconds double precision,
    evidence jsonb NOT NULL DEFAULT '{}',
    attempt integer NOT NULL DEFAULT 0,
    decided boolean NOT NULL DEFAULT false,
    FOREIGN KEY (task_id, user_id) REFERENCES tasks (id, user_id) ON DELETE CASCADE
);
CREATE INDEX applications_newest ON applications (user_id, ended_at DESC, task_id DESC);

CREATE TABLE hitl_audit (
    task_id text NOT NULL,
    hitl_id text NOT NULL,
    user_id text NOT NULL,
    kind text,
    asked_at timestamptz,
    answered_at timestamptz,
    response_length integer,
    expired boolean NOT NULL DEFAULT false,
    PRIMARY KEY (task_id, hitl_id),
    FOREIGN KEY (task_id, user_id) REFERENCES tasks (id, user_id) ON DELETE CASCADE
);

-- What is known of a site belongs to nobody.
CREATE TABLE sites (
    domain text PRIMARY KEY,
    login_config jsonb NOT NULL DEFAULT '{}',
    selectors jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE site_models (
    domain text NOT NULL REFERENCES sites (domain) ON DELETE CASCADE,
    tenant text NOT NULL DEFAULT '',
    form_signature text NOT NULL,
    model jsonb NOT NULL,
    revision integer NOT NULL DEFAULT 1,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (domain, tenant, form_signature)
);

-- state: encrypted by its writer.
CREATE TABLE browser_sessions (
    user_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    site text NOT NULL,
    state bytea NOT NULL,
    revision integer NOT NULL DEFAULT 1,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, site)
);

CREATE TABLE task_blobs (
    task_id text NOT NULL,
    name text NOT NULL,
    user_id text NOT NULL,
    data bytea NOT NULL,
    sha256 text NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (task_id, name),
    FOREIGN KEY (task_id, user_id) REFERENCES tasks (id, user_id) ON DELETE CASCADE
);

-- The records of the submission bucket, so that a lost one can be made anew. user_id is NULL while nobody knows whose
-- task it is. They outlive tasks and users: an application that was sent stays sent.
CREATE TABLE submissions (
    key text PRIMARY KEY,
    user_id text,
    task_uid text NOT NULL,
    record jsonb NOT NULL,
    revision bigint NOT NULL,
    bucket_created timestamptz NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX submissions_of_user ON submissions (user_id);

-- Events of tasks whose owner was not known in time, with the words why. They are projected once the task is seen; but for
-- those that the tables refused, which only wait for somebody to look at them.
CREATE TABLE events_aside (
    event_id text PRIMARY KEY,
    task_id text NOT NULL,
    payload bytea NOT NULL,
    published_at timestamptz NOT NULL,
    why text NOT NULL,
    refused boolean NOT NULL,
    kept_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX events_aside_of_task ON events_aside (task_id, published_at);
