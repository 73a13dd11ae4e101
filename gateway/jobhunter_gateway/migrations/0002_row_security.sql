-- Everybody sees and writes their own rows alone: those of the user that the transaction names in jobhunter.user_id.
-- Without it (NULL, or '' once it was reset) no row is one's own. FORCE holds the tables' owner to the same.

CREATE FUNCTION task_owner(uid text) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS 'SELECT t.user_id FROM public.tasks t WHERE t.id = uid';

-- Keeps an event whose owner is not known, once.
CREATE FUNCTION keep_event_aside(the_event text, the_task text, the_payload bytea, published timestamptz, the_why text,
                                 is_refused boolean)
    RETURNS void LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS 'INSERT INTO public.events_aside (event_id, task_id, payload, published_at, why, refused)
        VALUES (the_event, the_task, the_payload, published, the_why, is_refused) ON CONFLICT DO NOTHING';

-- Keeps a submission record whose owner is not known; one that is there is replaced by a later one alone.
CREATE FUNCTION keep_submission_unowned(the_key text, the_task text, the_record jsonb, the_revision bigint,
                                        the_bucket timestamptz)
    RETURNS void LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS 'INSERT INTO public.submissions AS s (key, task_uid, record, revision, bucket_created)
        VALUES (the_key, the_task, the_record, the_revision, the_bucket)
        ON CONFLICT (key) DO UPDATE SET task_uid = excluded.task_uid, record = excluded.record,
            revision = excluded.revision, bucket_created = excluded.bucket_created, updated_at = now()
        WHERE (s.bucket_created, s.revision) < (excluded.bucket_created, excluded.revision)';

DO $$
DECLARE
    one text;
    mine constant text := '(SELECT current_setting(''jobhunter.user_id'', true))';
BEGIN
    FOREACH one IN ARRAY ARRAY['users', 'user_profiles', 'documents', 'tasks', 'task_steps', 'execution_logs', 'events',
        'applications', 'hitl_audit', 'browser_sessions', 'task_blobs', 'submissions', 'events_aside', 'sites', 'site_models']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', one);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', one);
    END LOOP;
    EXECUTE format('CREATE POLICY own ON users USING (id = %1$s) WITH CHECK (id = %1$s)', mine);
    FOREACH one IN ARRAY ARRAY['user_profiles', 'documents', 'tasks', 'task_steps', 'execution_logs', 'events',
        'applications', 'hitl_audit', 'browser_sessions', 'task_blobs']
    LOOP
        EXECUTE format('CREATE POLICY own ON %1$I USING (user_id = %2$s) WITH CHECK (user_id = %2$s)', one, mine);
    END LOOP;
    EXECUTE format('CREATE POLICY own ON submissions
        USING (user_id = %1$s OR (user_id IS NULL AND task_owner(task_uid) = %1$s)) WITH CHECK (user_id = %1$s)', mine);
    EXECUTE format('CREATE POLICY own ON events_aside USING (task_owner(task_id) = %1$s)', mine);
    -- What is known of sites is everybody's, but of nobody who does not say who they are.
    FOREACH one IN ARRAY ARRAY['sites', 'site_models']
    LOOP
        EXECUTE format('CREATE POLICY signed_in ON %1$I USING (%2$s <> '''') WITH CHECK (%2$s <> '''')', one, mine);
    END LOOP;
END $$;

-- For the functions above and for `reseed`, which run as the tables' owner.
CREATE POLICY owner_reads ON tasks FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY owner_keeps ON submissions TO CURRENT_USER USING (true) WITH CHECK (true);
CREATE POLICY owner_keeps ON events_aside TO CURRENT_USER USING (true) WITH CHECK (true);

REVOKE ALL ON FUNCTION task_owner(text) FROM PUBLIC;
REVOKE ALL ON FUNCTION keep_event_aside(text, text, bytea, timestamptz, text, boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION keep_submission_unowned(text, text, jsonb, bigint, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION task_owner(text) TO jobhunter_app;
GRANT EXECUTE ON FUNCTION keep_event_aside(text, text, bytea, timestamptz, text, boolean) TO jobhunter_app;
GRANT EXECUTE ON FUNCTION keep_submission_unowned(text, text, jsonb, bigint, timestamptz) TO jobhunter_app;
GRANT USAGE ON SCHEMA public TO jobhunter_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON users, user_profiles, documents, tasks, task_steps, execution_logs, events,
    applications, hitl_audit, sites, site_models, browser_sessions, task_blobs TO jobhunter_app;
GRANT SELECT, INSERT, UPDATE ON submissions TO jobhunter_app; -- records are for ever
GRANT SELECT, DELETE, UPDATE (why, refused) ON events_aside TO jobhunter_app; -- written by keep_event_aside alone
GRANT SELECT ON schema_migrations TO jobhunter_app;
