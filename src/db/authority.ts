import { createHash } from 'node:crypto';

/** Who a transaction acts for. Stores pass a scope, which only an ownership check can make. */
export interface Authority {
  readonly userId: string;
  readonly conversationId?: string | undefined;
  /** Sees conversations that are deleted and not erased yet: for restoring and erasing only. */
  readonly showsDeleted?: boolean | undefined;
  /** Whose they are may be looked up: of nobody knows whom, by these names alone. */
  readonly askedConversation?: string | undefined;
  readonly askedLogin?: string | undefined;
}

/** Whose rows a transaction is for; of none where only its statements name somebody. */
export type Whose = readonly Authority[] | 'everybody';

const uuidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * SET LOCAL, never set_config (Citus does not forward it) and never SET (it would leak to the pool's next user).
 * SET takes no parameters, so the ids are checked to be nothing but UUIDs.
 */
export function setAuthority(authority: Authority): string {
  return authoritySettings(authority).join('; ');
}

/** The same, each as a statement. `before`: what the transaction was opened with so far, of which nothing stays. */
export function authoritySettings(authority: Authority, before?: Authority): string[] {
  const settings = settingsOf(authority);
  const stale =
    before === undefined
      ? []
      : settingsOf(before).filter(([name]) => !settings.some(([own]) => own === name));
  return [...settings, ...stale.map(([name]) => [name, ''])].map(
    ([name, value]) => `SET LOCAL ${name} = '${value}'`,
  );
}

function settingsOf(authority: Authority): [name: string, value: string][] {
  const { userId, conversationId, askedConversation, askedLogin } = authority;
  const ids = [
    ['app.user_id', userId] as const,
    ['app.conversation_id', conversationId] as const,
    ['app.asked_conversation', askedConversation] as const,
  ].flatMap(([name, id]): [string, string][] => {
    if (id === undefined && name !== 'app.user_id') return [];
    if (id === undefined || !uuidForm.test(id)) throw new Error(`${name} is not a UUID`);
    return [[name, id]];
  });
  if (authority.showsDeleted === true) ids.push(['app.shows_deleted', 'on']);
  if (askedLogin !== undefined) ids.push(['app.asked_login', hashed(askedLogin)]);
  return ids;
}

/**
 * Ends the connection where the opening before it has failed: what travels behind it would be written for good, each
 * statement by itself and by the connection's own role.
 */
export function unlessOpened(userId: string): { name: string; text: string; values: unknown[] } {
  return {
    name: 'unless_opened',
    text: `SELECT pg_terminate_backend(pg_backend_pid())
      WHERE current_setting('app.user_id', true) IS DISTINCT FROM $1`,
    values: [userId],
  };
}

/** Nothing but digits, whatever somebody calls themselves. */
function hashed(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
