import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { root } from './compile.ts';

// Whatever goes through the rows of everybody asks every machine. Each such place is named here, and nothing that a
// user waits for is among them unless it says why.

const administrators = [
  'src/identity/activity-store.ts:readEverybodysActivity',
  'src/identity/audit-store.ts:listAudit',
  'src/identity/daily-usage-store.ts:readEverybodysDays',
  'src/identity/people-store.ts:changeAccount',
  'src/identity/people-store.ts:findAccounts',
  'src/identity/people-store.ts:leaveAdministration',
  'src/identity/people-store.ts:listAccounts',
  'src/identity/people-store.ts:retireAccount',
  'src/identity/statistics-store.ts:readInstallationCounts',
  'src/identity/statistics-store.ts:readQueueCounts',
  'src/identity/usage-store.ts:readEverybodysDailyUsage',
  'src/identity/usage-store.ts:readEverybodysUsage',
  'src/work/store.ts:readQueue',
];

const workers = [
  'src/conversations/trash-store.ts:duePurges',
  'src/documents/stale-store.ts:countUnembedded',
  'src/documents/stale-store.ts:hurryOtherModels',
  'src/documents/stale-store.ts:isIngesting',
  'src/documents/stale-store.ts:staleDocuments',
  'src/files/store.ts:dueBlobDeletions',
  'src/files/store.ts:namesBlobs',
  'src/identity/idempotency-store.ts:deleteExpiredKeys',
  'src/identity/retention-store.ts:cutAuditAddresses',
  'src/identity/retention-store.ts:deleteOldAudit',
  'src/identity/retention-store.ts:readUserIds',
  'src/search/index-store.ts:usersToIndex',
  'src/work/store.ts:readPages',
];

const operators = [
  'src/backup/rows-store.ts:begin',
  'src/backup/rows-store.ts:openLoad',
  'src/db/constraints.ts:makeAnew',
  'src/db/distribute.ts:openAlone',
  'src/db/distribute.ts:oneByOne',
  'src/db/isolation.ts:repairIsolation',
  'src/db/migrate.ts:run',
  'src/doctor/probe.ts:run',
];

const mechanism = [
  'src/db/citus.ts:citusSettings',
  'src/db/citus.ts:throughAll',
  // Where the reach of a transaction is read.
  'src/db/database.ts:run',
  // What reaches everybody is refused while a machine hangs.
  'src/db/machines.ts:refuseAway',
];

const users = [
  // What says whose a conversation, a link or a login is lies by those names, on any machine: an account's end takes
  // all of them along in one transaction. The names of logins and links are not to be had from the account.
  'src/identity/store.ts:eraseUser',
];

const known = [...administrators, ...workers, ...operators, ...mechanism, ...users];

test('nothing goes through the rows of everybody but what is listed here', () => {
  const files = globSync('src/**/*.ts', { cwd: root });
  expect(files.length).toBeGreaterThan(300);
  const found = files.flatMap((file) => sweepsIn(file, readFileSync(join(root, file), 'utf8')));
  expect([...new Set(found)].toSorted()).toEqual(known.toSorted());
});

test('a planted sweep is found, however it is written', () => {
  const planted = `
    import { oneByOne, throughAll } from '../db/citus.ts';
    type Reach = 'one user' | 'everybody';
    /** Not everybody's. */
    export const ofOne = (db) => db.asWorker('one user', (tx) => tx.execute('everybody else'));
    export async function asWorker(db) { return db.asWorker('everybody', (tx) => tx.execute('SELECT 1')); }
    export const asAdmin = async (db, all) => db.asAdmin(admin, all ? \`everybody\` : 'one user', () => {});
    export function inside(db) { return db.scoped(scope, async (tx) => { await tx.execute(sql.raw(throughAll)); }); }
    const check = { async method(client) { await client.query(\`\${oneByOne}; BEGIN\`); } };
    export const byHand = (client) => client.query("SET citus.multi_task_query_log_level = 'off'");
  `;
  expect(sweepsIn('a.ts', planted)).toEqual([
    'a.ts:asWorker',
    'a.ts:asAdmin',
    'a.ts:inside',
    'a.ts:method',
    'a.ts:byHand',
  ]);
});

/** Where the file names the reach of everybody, or takes the bound of one machine away: `file:function`. */
function sweepsIn(file: string, text: string): string[] {
  if (!/everybody|throughAll|oneByOne|multi_task_query_log_level/.test(text)) return [];
  const found: string[] = [];
  const visit = (node: ts.Node, name: string): void => {
    if (ts.isImportDeclaration(node) || ts.isTypeNode(node)) return;
    if (sweeps(node)) found.push(`${file}:${name}`);
    const own = nameOf(node) ?? name;
    ts.forEachChild(node, (child) => visit(child, own));
  };
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true), '');
  return found;
}

function sweeps(node: ts.Node): boolean {
  if (ts.isIdentifier(node)) return node.text === 'throughAll' || node.text === 'oneByOne';
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node) || ts.isTemplateHead(node))
    return node.text === 'everybody' || node.text.includes('multi_task_query_log_level');
  return false;
}

/** Of functions and methods, and of what stands in a file by a name of its own. */
function nameOf(node: ts.Node): string | undefined {
  if (ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node)) return node.name?.getText();
  if (ts.isVariableDeclaration(node) && ts.isSourceFile(node.parent.parent.parent))
    return node.name.getText();
  return undefined;
}
