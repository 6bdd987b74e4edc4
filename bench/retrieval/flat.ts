import { ConversationScope } from '../../src/conversations/scope.ts';
import { connectDatabase } from '../../src/db/client.ts';
import { migrate } from '../../src/db/migrate.ts';
import { newId } from '../../src/db/ids.ts';
import { UserScope } from '../../src/identity/user-scope.ts';
import { createTestDatabase } from '../../test/support/postgres.ts';
import { createRetriever, type Retriever } from '../alcove/retriever.ts';
import { createCollection } from '../synthetic/collection.ts';
import { openAlcoveLoader } from '../load/alcove.ts';
import type { BulkConversation } from '../peers/peer.ts';

/** A second database with little in it, to see whether the same conversation is slower among many. */
export interface Flat {
  /** Puts the conversation beside 10,000 chunks of others. */
  fill(conversation: BulkConversation): Promise<{ scope: ConversationScope; retriever: Retriever }>;
  close(): Promise<void>;
}

const others = { conversations: 200, size: 50 };

export async function openFlat(serverUrl: string, seed: number, dimensions: number): Promise<Flat> {
  const database = await createTestDatabase(serverUrl);
  const db = await connectDatabase({ kind: 'postgresql', url: database.url, poolSize: 10 });
  const close = async (): Promise<void> => {
    await db.close();
    await database.drop();
  };
  return {
    async fill(conversation) {
      await migrate(db);
      const userId = newId();
      const insert = `INSERT INTO users (id, role, status, created_at, updated_at) VALUES ($1, 'user', 'active', now(), now())`;
      await db.pool.query(insert, [userId]);
      const loader = await openAlcoveLoader(database.url, userId);
      const collection = createCollection(seed + 1, dimensions);
      await loader.add(conversation);
      for (let place = 0; place < others.conversations; place += 1) {
        await loader.add({
          id: newId(),
          place,
          documents: collection.filler(others.size),
          first: 0,
          size: others.size,
          measured: false,
        });
      }
      await loader.finish();
      await loader.close();
      const scope = ConversationScope.ofOwnRow(UserScope.grant(userId), {
        userId,
        conversationId: conversation.id,
      });
      return { scope, retriever: createRetriever(db, dimensions) };
    },
    close,
  };
}
