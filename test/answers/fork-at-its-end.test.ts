import { expect, test } from 'vitest';
import { forkConversation } from '../../src/answers/fork.ts';
import { ConversationScope } from '../../src/conversations/scope.ts';
import type { Database } from '../../src/db/database.ts';
import { UserScope } from '../../src/identity/user-scope.ts';
import { createNotifier } from '../../src/work/notifier.ts';
import { newPerson } from '../support/app.ts';
import { behave } from '../support/provider.ts';
import { answeringApp } from './support/answering-app.ts';
import { historyOf, newConversation } from './support/asking.ts';
import { until } from './support/until.ts';

// An answer that ends between two reads of a fork.

const { provider, app } = await answeringApp();

/** The same database; before the statement of that name is read, `work` is done once. */
function interrupted(db: Database, name: string, work: () => Promise<void>): Database {
  let isDone = false;
  const read: Database['read'] = async (authority, statements) => {
    const at = statements.findIndex((statement) => statement.name === name);
    if (at < 0 || isDone) return db.read(authority, statements);
    isDone = true;
    const before = at === 0 ? [] : await db.read(authority, statements.slice(0, at));
    await work();
    return [...before, ...(await db.read(authority, statements.slice(at)))];
  };
  return new Proxy(db, {
    get: (target, key) => (key === 'read' ? read : Reflect.get(target, key, target)),
  });
}

test.each(['answer_state', 'answer_events_after'])(
  'a fork has the whole answer that ends before its %s is read',
  async (name) => {
    const server = await app();
    const person = await newPerson(server.baseUrl);
    const conversation = await newConversation(person);
    let end = (): void => {};
    provider.script(behave.answer('All 412 nests.', { until: new Promise<void>((done) => (end = done)) }));
    const asked = person.fetch(`/rag/conversation/${conversation}/query`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: 'How many nests?', stream: true }),
    });
    const isStreaming = async (): Promise<boolean> =>
      (await historyOf(person, conversation)).at(-1)?.status === 'streaming';
    await until('the answer is written', isStreaming);
    const db = interrupted(server.app.db, name, async () => {
      end();
      await until('the answer has ended', async () => !(await isStreaming()));
    });
    const scope = await ConversationScope.open(server.app.db, UserScope.grant(person.id), conversation);
    const made = await forkConversation(scope, undefined, {
      db,
      limits: server.config.limits,
      notifier: createNotifier(),
      now: () => new Date(),
    });
    const [, answer] = await historyOf(person, made.id);
    expect(answer).toMatchObject({ status: 'complete', content: 'All 412 nests.' });
    await (await asked).text();
  },
);
