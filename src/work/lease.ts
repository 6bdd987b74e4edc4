/** What can be due: `ingest` a file, `index` a document anew, end an `answer` whose writer is gone. */
export type WorkKind = 'ingest' | 'index' | 'answer';

/** Names one piece of work below a conversation. */
export interface WorkKey {
  userId: string;
  conversationId: string;
  kind: WorkKind;
  /** The document, or the message of an answer. */
  itemId: string;
  /** Which index of the document: `passages`, `keyword` or `vector:<model>`; empty for other kinds. */
  target: string;
}

/**
 * A claim on a piece of work, and the authority to do it: the database has said that it is due. Whoever writes below it
 * shows the token, which the next claim replaces.
 */
export class Lease implements WorkKey {
  readonly #claimed = true;
  readonly userId: string;
  readonly conversationId: string;
  readonly kind: WorkKind;
  readonly itemId: string;
  readonly target: string;
  readonly token: string;
  /** Claims so far, this one included; those that were given back do not count. */
  readonly attempts: number;

  private constructor(key: WorkKey, token: string, attempts: number) {
    this.userId = key.userId;
    this.conversationId = key.conversationId;
    this.kind = key.kind;
    this.itemId = key.itemId;
    this.target = key.target;
    this.token = token;
    this.attempts = attempts;
  }

  /** For the statement that has just claimed the row. */
  static ofClaimedRow(key: WorkKey, token: string, attempts: number): Lease {
    return new Lease(key, token, attempts);
  }

  static isClaimed(value: unknown): value is Lease {
    return typeof value === 'object' && value !== null && #claimed in value;
  }
}

export function documentWork(
  scope: { userId: string; conversationId: string },
  kind: 'ingest' | 'index',
  documentId: string,
  target = '',
): WorkKey {
  return { userId: scope.userId, conversationId: scope.conversationId, kind, itemId: documentId, target };
}
