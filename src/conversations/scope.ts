import type { Database } from '../db/database.ts';
import { newId } from '../db/ids.ts';
import { AppError } from '../errors.ts';
import type { UserScope } from '../identity/user-scope.ts';
import { conversationExists, ownsConversation, ownsDeleted } from './ownership-store.ts';

/**
 * Authority over one conversation: holding one means that the ownership check has happened. Every store function
 * below a conversation takes one first, so that code which has only an id cannot ask.
 */
export class ConversationScope {
  readonly #opened = true;
  readonly user: UserScope;
  readonly userId: string;
  readonly conversationId: string;

  private constructor(user: UserScope, conversationId: string) {
    this.user = user;
    this.userId = user.userId;
    this.conversationId = conversationId;
  }

  /** @throws AppError `forbidden` when it is somebody else's, `not_found` when there is none */
  static async open(db: Database, user: UserScope, conversationId: string): Promise<ConversationScope> {
    if (await ownsConversation(db, user, conversationId)) {
      if (user.limitedTo === undefined || user.limitedTo === conversationId) {
        return new ConversationScope(user, conversationId);
      }
      throw forbidden();
    }
    // Only on a miss is the directory asked, and it tells nothing but whether the id is taken.
    if (await conversationExists(db, user, conversationId)) throw forbidden();
    throw new AppError('not_found', 'This conversation does not exist.');
  }

  /**
   * One that may be deleted and not erased yet, to bring it back or to erase it.
   * @throws AppError as `open` does
   */
  static async openDeleted(
    db: Database,
    user: UserScope,
    conversationId: string,
  ): Promise<ConversationScope> {
    if (!(await ownsDeleted(db, user, conversationId)))
      return ConversationScope.open(db, user, conversationId);
    if (user.limitedTo !== undefined && user.limitedTo !== conversationId) throw forbidden();
    return new ConversationScope(user, conversationId);
  }

  /**
   * For ids that came out of a query of the user's own rows: what the database joined by
   * (user_id, conversation_id) needs no second look.
   */
  static ofOwnRow(user: UserScope, row: { userId: string; conversationId: string }): ConversationScope {
    if (row.userId !== user.userId) throw new Error('a row of another user reached a scope');
    if (user.limitedTo !== undefined && user.limitedTo !== row.conversationId) throw forbidden();
    return new ConversationScope(user, row.conversationId);
  }

  /** For a conversation that is about to be made, under an id that nobody has yet. */
  static ofNew(user: UserScope): ConversationScope {
    if (user.limitedTo !== undefined)
      throw new AppError('forbidden', 'This API key is for one conversation only.');
    return new ConversationScope(user, newId());
  }

  /** Where documents deleted from this conversation wait: whoever may delete in it may put them there and take them out. */
  bin(id: string = newId()): ConversationScope {
    return new ConversationScope(this.user, id);
  }

  static isOpened(value: unknown): value is ConversationScope {
    return typeof value === 'object' && value !== null && #opened in value;
  }
}

function forbidden(): AppError {
  return new AppError('forbidden', 'This conversation belongs to somebody else.');
}
