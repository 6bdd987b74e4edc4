import { globSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { linesWithErrors, root } from './compile.ts';

// The type layer alone: code that holds no scope does not compile.

/** Store functions that act for nobody: before an identity is known, for the worker, or for the administrator. */
const withoutScope = new Set([
  'findLogin',
  'hasAccounts',
  'deleteExpiredKeys',
  // Retention goes over everybody, by roles that see no content.
  'readUserIds',
  'cutAuditAddresses',
  'deleteOldAudit',
  // Inside a transaction whose role and authority say who acts.
  'claimFirst',
  'insertBelow',
  'dueWork',
  'dueWorkOf',
  'usersToIndex',
  'duePurges',
  'readQueue',
  'enqueueStale',
  'countUnembedded',
  'isIngesting',
  'dueBlobDeletions',
  // Inside the transaction that deletes the rows; the worker then asks as the user whom the blob is named for.
  'queueBlobs',
  'releaseNamed',
  'settleBlobDeletion',
  'postponeBlobDeletion',
  // The reconciler goes through folders that are named for users.
  'blobsInUse',
  'namesBlobs',
  // Processes tell each other that they live, and count under hashes: nothing of it is anybody's.
  'seeReplica',
  'livingReplicas',
  'removeReplica',
  'removeDeadReplicas',
  'addToCount',
  'forgetCount',
  'setUnderWay',
  'readUnderWay',
  'deleteEndedCounts',
  // A backup goes through every user, by the roles that may see who there is.
  'readRows',
  'insertRows',
  'openLoad',
  'closeLoad',
]);

/** Their authority is inside what they are given, one for each. */
const manyScopes = new Set(['writeEventBatches', 'lookAtLeases', 'renewLeases', 'renewWork']);

/** They touch no row. */
const pure = new Set([
  'refusingTaken',
  'projectMissing',
  'chatTaken',
  'vectorKind',
  'isOfWords',
  'insideOf',
  'afterLast',
  'columnsOf',
  'isAmong',
  'keysOf',
  'authorityOf',
  'statementsOfRetrieval',
  'citedDocuments',
  'readVector',
  'vectorParts',
  'parentMissing',
  'linkKey',
  'treeStatements',
  'extendTreeStatements',
  'underHold',
]);

/** Below a conversation these take a user's authority on purpose: they find out which conversation a row is in. */
const byUser = new Set([
  'deleteOldEvents',
  'deleteOldTraces',
  'findBin',
  'findMessage',
  'findDocument',
  'findVectors',
  'readSegments',
  'readSegmentSizes',
  'readParts',
  'readVectorRows',
  'readResiduals',
  'readResidualsAt',
  'readAt',
  'readVectorsAt',
  'rebuildSegment',
  // A quota is the user's, over all conversations.
  'readBytesLeft',
  'readQuota',
  // What is asked of all documents of a user says in which conversation each of them is.
  'listAllDocuments',
  'conversationsOf',
  'readVersions',
]);
const belowConversation = ['answers/', 'conversations/message-store', 'documents/'];

const prelude = `
import type { Database, Transaction } from '${root}/src/db/database.ts';
import type { UserScope } from '${root}/src/identity/user-scope.ts';
import type { ConversationScope } from '${root}/src/conversations/scope.ts';
type Plain = { user: { userId: string; limitedTo: undefined }; userId: string; conversationId: string };
type Subject<F> = F extends (first: infer A, second: infer B, ...rest: never[]) => unknown
  ? Database extends A ? B : Transaction extends A ? B : A
  : never;
type Refuses<Given, F> = Given extends Subject<F> ? 'accepts it' : 'refuses it';
`;

interface StoreFunction {
  file: string;
  name: string;
}

/** Every function that a store file exports: only those files speak SQL. */
async function storeFunctions(): Promise<StoreFunction[]> {
  const files = globSync('src/*/{store,*-store}.ts', { cwd: root }).filter(
    (file) => !/files\/(blob|bucket|disk|open)-store/.test(file),
  );
  const found = await Promise.all(
    files.map(async (file) => {
      const module = (await import(pathToFileURL(join(root, file)).href)) as Record<string, unknown>;
      return Object.entries(module).flatMap(([name, value]) =>
        typeof value === 'function' ? [{ file, name }] : [],
      );
    }),
  );
  return found.flat().toSorted((a, b) => a.name.localeCompare(b.name));
}

test('no store function accepts a plain object or an id in place of a scope', async () => {
  const all = await storeFunctions();
  expect(all.length).toBeGreaterThan(50);
  const bound = all.filter(({ name }) => !withoutScope.has(name) && !manyScopes.has(name) && !pure.has(name));
  const checks = bound.map(
    ({ file, name }) =>
      `{ type F = typeof import('${root}/${file}').${name}; const plain: Refuses<Plain, F> = 'refuses it'; const id: Refuses<string, F> = 'refuses it'; void [plain, id]; }`,
  );
  const { lines } = await linesWithErrors(`${prelude}\n${checks.join('\n')}\nexport {};\n`);
  const first = prelude.split('\n').length;
  expect(lines.map((line) => `${bound[line - first - 1]?.file} ${bound[line - first - 1]?.name}`)).toEqual(
    [],
  );
});

test('no store function below a conversation accepts the authority of its user', async () => {
  const all = await storeFunctions();
  const bound = all.filter(
    ({ file, name }) =>
      belowConversation.some((place) => file.includes(place)) &&
      ![withoutScope, manyScopes, byUser, pure].some((exempt) => exempt.has(name)),
  );
  expect(bound.length).toBeGreaterThan(20);
  const checks = bound.map(
    ({ file, name }) =>
      `{ type F = typeof import('${root}/${file}').${name}; const user: Refuses<UserScope, F> = 'refuses it'; void user; }`,
  );
  const { lines } = await linesWithErrors(`${prelude}\n${checks.join('\n')}\nexport {};\n`);
  const first = prelude.split('\n').length;
  expect(lines.map((line) => `${bound[line - first - 1]?.file} ${bound[line - first - 1]?.name}`)).toEqual(
    [],
  );
});

test('the compiler refuses planted calls, and only those', async () => {
  const planted = `${prelude}
import { readConversation, updateConversation } from '${root}/src/conversations/store.ts';
import { findMessage, readMessage } from '${root}/src/conversations/message-store.ts';
import { listDocuments } from '${root}/src/documents/store.ts';
import { readEvents, writeEventBatches } from '${root}/src/answers/stream/event-store.ts';
import { ConversationScope as Scope } from '${root}/src/conversations/scope.ts';
import { UserScope as User } from '${root}/src/identity/user-scope.ts';
declare const db: Database;
declare const id: string;
declare const user: UserScope;
declare const scope: ConversationScope;
declare const plain: Plain;
void readConversation(db, scope);
void readConversation(db, plain); // refused
void readConversation(db, id); // refused
void readConversation(db, user); // refused
void updateConversation(db, { ...scope }, {}, new Date()); // refused
void updateConversation(db, plain, {}, new Date()); // refused
void readMessage(db, scope, id);
void readMessage(db, plain, id); // refused
void readMessage(db, user, id); // refused
void findMessage(db, user, id);
void findMessage(db, { userId: id, limitedTo: undefined }, id); // refused
void findMessage(db, id, id); // refused
void listDocuments(db, scope, 10, null);
void listDocuments(db, user, 10, null); // refused
void listDocuments(db, plain, 10, null); // refused
void readEvents(db, scope, id, 0);
void readEvents(db, user, id, 0); // refused
void readEvents(db, { user, userId: id, conversationId: id }, id, 0); // refused
void new Scope(user, id); // refused
void new User(id, undefined); // refused
void writeEventBatches(db, [{ scope, messageId: id, token: id, events: [], isRenewing: false }], 1);
void writeEventBatches(db, [{ scope: plain, messageId: id, token: id, events: [], isRenewing: false }], 1); // refused
void writeEventBatches(db, [{ scope: user, messageId: id, token: id, events: [], isRenewing: false }], 1); // refused
const forged: ConversationScope = plain; // refused
const copied: UserScope = { ...user }; // refused
void [forged, copied];
`;
  const expected = planted.split('\n').flatMap((line, at) => (line.endsWith('// refused') ? [at + 1] : []));
  const { lines, output } = await linesWithErrors(planted);
  expect(lines, output).toEqual(expected);
});
