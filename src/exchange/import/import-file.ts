import { deletedStay, type ImportItem, type ImportReport } from '@alcove/contract';
import { tidyDatabase } from '../../db/tidy.ts';
import type { DocumentDeps } from '../../documents/deps.ts';
import type { Room } from '../../documents/upload-room.ts';
import type { UserScope } from '../../identity/user-scope.ts';
import { type Extension, extendImported } from './extend-imported.ts';
import { recordOf } from './fields.ts';
import { type KeptDocuments, keepDocuments } from './import-documents.ts';
import { insertImported, keepProject } from './import-store.ts';
import type { GivenItem } from './imported.ts';
import { batchesOf } from './open-file.ts';
import { projectsOf } from './own-bundle.ts';
import {
  faultOf,
  keyOf,
  nameOf,
  type Looks,
  type News,
  prepareItems,
  type ReadItem,
} from './prepare-items.ts';

export interface ImportOptions {
  dryRun: boolean;
  signal?: AbortSignal | undefined;
}

/**
 * Imports what the files on disk hold, item by item: each is there as a whole or not at all, and one that cannot be read
 * stops none of the others. An item that was imported before gets what is new in it and is
 * otherwise left as it is, so that an import that was cut off goes on where it was when the same file is given again. Documents take their room from `room`, one after the other.
 * @throws AppError `invalid_request` for a file that holds no items at all
 */
export async function* importFiles(
  user: UserScope,
  paths: readonly string[],
  room: Room,
  { dryRun, signal }: ImportOptions,
  deps: DocumentDeps,
): AsyncGenerator<ImportItem> {
  let untold = 0;
  const looks: Looks = new Map();
  for (const path of paths) {
    for await (const batch of batchesOf(path, signal)) {
      for await (const imported of importBatch(user, batch, looks, room, { dryRun, signal }, deps)) {
        untold += imported.outcome === 'imported' || imported.outcome === 'extended' ? imported.messages : 0;
        if (untold >= messagesUntold) {
          await refreshStatistics(deps, signal);
          untold = 0;
        }
        yield imported;
      }
    }
  }
}

async function* importBatch(
  user: UserScope,
  batch: readonly GivenItem[],
  looks: Looks,
  room: Room,
  { dryRun, signal }: ImportOptions,
  deps: DocumentDeps,
): AsyncGenerator<ImportItem> {
  const conversations: GivenItem[] = [];
  for (const item of batch) {
    const projects = projectsOf(recordOf(item.value) ?? {});
    if (projects === null) conversations.push(item);
    else for (const project of dryRun ? [] : projects) await keepProject(deps.db, user, project, deps.now());
  }
  const { items, news } = await prepareItems(user, conversations, looks, deps);
  const seen = new Set<string>();
  for (const item of items) {
    signal?.throwIfAborted();
    if (!('tree' in item)) {
      yield item;
      continue;
    }
    const name = nameOf(keyOf(item.read));
    const isRepeated = seen.has(name) && !dryRun;
    seen.add(name);
    if (isRepeated) yield* importBatch(user, [item.given], looks, room, { dryRun, signal }, deps);
    else yield await importItem(item, news.get(item) ?? null, room, { dryRun, signal }, deps);
  }
}

/** So many new messages the planner does not know of. */
const messagesUntold = 5_000;

/**
 * The embedded database takes no statistics by itself before the worker comes by: until then it goes through every
 * message of a conversation for the parent of each.
 */
async function refreshStatistics({ db, log }: DocumentDeps, signal?: AbortSignal): Promise<void> {
  if (db.kind !== 'pglite') return;
  await tidyDatabase(db, signal ?? new AbortController().signal).catch((error: unknown) =>
    // What is imported is kept all the same.
    log.warn({ err: error }, 'statistics were not taken after an import'),
  );
}

/** @param news null where it is new; who writes looks again, as what is here may have changed since */
async function importItem(
  item: ReadItem,
  news: News | null,
  room: Room,
  { dryRun, signal }: ImportOptions,
  deps: DocumentDeps,
): Promise<ImportItem> {
  try {
    if (news === null && dryRun) return { ...item.said, outcome: 'readable' };
    if (news === null) return await insert(item, room, deps, signal);
    const { extension, documents } = news;
    if (dryRun) return reportOf(item, extension, { added: documents.missing, error: null });
    const isUnchanged = extension.messages.length === 0 && documents.isSettled;
    if (isUnchanged) return reportOf(item, extension, { added: 0, error: null });
    return await extend(item, room, deps, signal);
  } catch (error) {
    return { ...item.said, outcome: 'failed', error: faultOf(error) };
  }
}

async function insert(
  item: ReadItem,
  room: Room,
  deps: DocumentDeps,
  signal: AbortSignal | undefined,
): Promise<ImportItem> {
  const { read, tree, scope, said } = item;
  const { user, conversationId } = scope;
  const { title, pinned, archived } = read;
  const tags = [...new Set(read.tags.map((tag) => tag.trim().slice(0, 100)))].filter(Boolean).slice(0, 50);
  const { project = null, template = null, ...own } = read.own ?? {};
  const projectId = project === null ? null : await keepProject(deps.db, user, project, deps.now());
  const input = { title, conversationType: 'general' as const, ...own, projectId, pinned, archived, tags };
  const createdAt = read.createdAt ?? tree.messages[0]?.createdAt ?? deps.now();
  const made = await insertImported(
    deps.db,
    scope,
    keyOf(read),
    input,
    { ...tree, createdAt, lastMessageAt: tree.lastMessageAt },
    template,
    deps.now(),
  );
  if (!made) return importAgain(item, room, deps, signal);
  const { error } = await documentsOf(item, room, deps, signal);
  return { ...said, outcome: 'imported', conversation_id: conversationId, error };
}

/** One that has become a conversation since it was looked up. */
async function importAgain(
  { given, said, scope }: ReadItem,
  room: Room,
  deps: DocumentDeps,
  signal: AbortSignal | undefined,
): Promise<ImportItem> {
  const [item] = (await prepareItems(scope.user, [given], new Map(), deps)).items;
  const isHere = item !== undefined && 'tree' in item && item.before !== null;
  return isHere ? extend(item, room, deps, signal) : { ...said, outcome: 'unchanged' };
}

/** Adds what the item has got since it was imported. */
async function extend(
  item: ReadItem,
  room: Room,
  deps: DocumentDeps,
  signal: AbortSignal | undefined,
): Promise<ImportItem> {
  const extension = await extendImported(deps.db, item, deps.now());
  return reportOf(item, extension, await documentsOf(item, room, deps, signal));
}

function documentsOf(
  { scope, read, given }: ReadItem,
  room: Room,
  deps: DocumentDeps,
  signal: AbortSignal | undefined,
) {
  return keepDocuments(scope, room, read.documents, given.openDocument, deps, signal);
}

function reportOf(
  { said }: ReadItem,
  { messages, leftOut }: Extension,
  { added, error }: KeptDocuments,
): ImportItem {
  const errors = leftOut === 0 ? [] : [deletedStay(leftOut)];
  if (error !== null) errors.push(error);
  const report = { ...said, error: errors.length === 0 ? null : errors.join(' ') };
  if (messages.length + added === 0) return { ...report, outcome: 'unchanged' };
  return { ...report, outcome: 'extended', messages: messages.length, documents: added };
}

const reportedItems = 10_000;

/** Adds up what the items say. */
export function createReport(dryRun: boolean) {
  const report: ImportReport = {
    dry_run: dryRun,
    imported: 0,
    extended: 0,
    unchanged: 0,
    failed: 0,
    messages: 0,
    documents: 0,
    items: [],
  };
  return {
    report,
    add(item: ImportItem): void {
      if (report.items.length < reportedItems) report.items.push(item);
      if (item.outcome === 'unchanged' || item.outcome === 'failed') {
        report[item.outcome] += 1;
        return;
      }
      report[item.outcome === 'extended' ? 'extended' : 'imported'] += 1;
      report.messages += item.messages;
      report.documents += item.documents;
    },
  };
}
