/** Settings of servers in tests: what a server in use takes its time for. */
export const quick = { PASSWORD_HASH_MB: '1', RETRY_S: '1', ANSWER_GRACE_SECONDS: '2' };
