import { z } from 'zod';
import { id, queryBoolean } from './common.ts';

const exportFormat = z.enum(['markdown', 'html', 'pdf', 'json', 'zip']);
export type ExportFormat = z.infer<typeof exportFormat>;

export const exportQuery = z.object({
  format: exportFormat.default('markdown'),
  /** For Markdown, HTML and PDF: where the branch ends; the active leaf when left out. */
  leaf_id: id.optional(),
});

const importSource = z.enum([
  'alcove',
  'chatgpt',
  'claude',
  'openwebui',
  'librechat',
  'chatbotui',
  'sharegpt',
]);
export type ImportSource = z.infer<typeof importSource>;

export const importQuery = z.object({
  /** Reads and reports, and keeps nothing. */
  dry_run: queryBoolean.default(false),
  /** Answers with server-sent events, one for each item, and `done` at the end. */
  stream: queryBoolean.default(false),
});

/** What an item says where nothing is missing that could come. */
export function deletedStay(messages: number): string {
  return `Messages of branches that were deleted here stay deleted: ${messages}.`;
}

const importItem = z
  .object({
    /** Null when it is of no known form. */
    source: importSource.nullable(),
    external_id: z.string().nullable(),
    title: z.string().nullable(),
    /**
     * `unchanged`: it was imported before. `extended`: since then it has got more, which was added (or would be, in a dry
     * run). `readable`: a dry run would have imported it.
     */
    outcome: z.enum(['imported', 'readable', 'extended', 'unchanged', 'failed']),
    conversation_id: id.nullable(),
    /** All of the item; of an extended one, those that were added. */
    messages: z.int(),
    /** Ends of branches in the item. */
    branches: z.int(),
    /** As `messages`. */
    documents: z.int(),
    /** Why it failed, or what of it was left out. */
    error: z.string().nullable(),
  })
  .meta({ id: 'ImportItem' });
export type ImportItem = z.infer<typeof importItem>;

export const importReport = z
  .object({
    dry_run: z.boolean(),
    imported: z.int(),
    /** Conversations that were imported before and have got more. */
    extended: z.int(),
    unchanged: z.int(),
    failed: z.int(),
    messages: z.int(),
    documents: z.int(),
    /** The first 10,000; the counts are of all. None in a repeat by Idempotency-Key. */
    items: z.array(importItem),
  })
  .meta({ id: 'ImportReport' });
export type ImportReport = z.infer<typeof importReport>;

export const importEvent = z
  .discriminatedUnion('type', [
    z.object({ type: z.literal('item'), item: importItem }),
    z.object({ type: z.literal('done'), report: importReport }),
    z.object({ type: z.literal('failed'), code: z.string(), error: z.string() }),
  ])
  .meta({ id: 'ImportEvent' });
export type ImportEvent = z.infer<typeof importEvent>;

export const importForm = z.object({
  /** JSON files or zip archives, as the other product gives them. */
  file: z.array(z.string().meta({ format: 'binary' })),
});
