/** Settings of servers in tests: what a server in use takes its time for. */
/** Tests script what a provider is asked: it is asked for nothing beside the answer unless a test wants that. */
const noMoreCalls = { TITLES: 'question', SUMMARIES: 'off', QUESTIONS: 'headings' };
export const quick = { PASSWORD_HASH_MB: '1', RETRY_S: '1', ANSWER_GRACE_SECONDS: '2', ...noMoreCalls };
