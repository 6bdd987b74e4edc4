import type { Client, Document } from '@alcove/client';
import { SvelteMap } from 'svelte/reactivity';
import { describeError, type Problem } from '../describe-error.ts';
import { formatBytes } from '../format-bytes.ts';
import { LastTold } from '../live/last-told.ts';
import { t } from '../text/text.ts';
import { Pace } from './pace.ts';

/** A file on its way to the server. */
export interface Upload {
  key: string;
  name: string;
  /** Share of the bytes sent, 0 to 1. */
  share: number;
  /** Since it is being sent; null while it waits for its turn. */
  pace: Pace | null;
  problem: Problem | null;
  controller: AbortController;
  readonly file: File;
  readonly conversationId: string;
}

/** What another time may end otherwise for the same file. */
const passingCodes = new Set([
  'network',
  'internal',
  'unavailable',
  'rate_limited',
  'quota_exceeded',
  'storage_full',
]);

export function canSendAgain({ problem }: Upload): boolean {
  return problem !== null && passingCodes.has(problem.code);
}

/** Files sent at the same time; the others wait, so that requests of the page itself get through. */
const parallelUploads = 2;
/** What the server lists at a time, at most. */
const pageSize = 200;

/** The documents of one conversation, and the files on their way to it. */
export class DocumentShelf {
  uploads = $state<Upload[]>([]);
  readonly #documents = new SvelteMap<string, Document>();
  readonly all = $derived([...this.#documents.values()]);
  /** Those that the next answer can use. */
  readonly ready = $derived(
    this.all.filter((item) => item.status === 'ready' && item.context_mode !== 'off'),
  );
  /** Files on their way to the server. */
  readonly sending = $derived(this.uploads.filter((item) => !item.problem));
  /** How many an answer waits for. */
  readonly pending = $derived(this.all.filter(isUnread).length + this.sending.length);
  /** Those that an answer waits for; when there are none, those of which a new version is being read. */
  readonly #reading = $derived(this.all.filter(this.pending > 0 ? isUnread : isPending));
  /** How far those are that are being read, 0..1. */
  readonly progress = $derived.by(() => {
    const shares = [...this.#reading.map(progressOf), ...this.sending.map(() => 0)];
    return shares.length === 0 ? 1 : shares.reduce((sum, share) => sum + share, 0) / shares.length;
  });
  /** Of those that are being read. */
  readonly pendingNames = $derived([...this.#reading, ...this.sending].map(({ name }) => name));
  /** Milliseconds until all are read, at the speed so far; null while that is a guess, as it is before a file is here. */
  readonly left = $derived.by(() => {
    if (this.sending.length > 0) return null;
    const all = this.#reading.map((item) => this.timeLeft(item));
    const known = all.filter((ms) => ms !== null);
    return known.length === 0 || known.length < all.length ? null : Math.max(...known);
  });
  /** Deleted here and to be brought back, the last one first; not those that are back already. */
  readonly deleted = $derived.by(() => this.#deleted.filter(({ id }) => !this.#documents.has(id)));
  #deleted = $state.raw<Document[]>([]);
  /** The last one that became ready or failed, for those who cannot see the list. */
  lastSettled = $state.raw<Document | null>(null);
  readonly #told = new LastTold<Document>();
  readonly #sent = new Set<Promise<unknown>>();
  readonly #paces = new Map<string, Pace>();
  readonly #alcove: Client;
  readonly #signal: AbortSignal;
  readonly #maxBytes: number;

  constructor(alcove: Client, signal: AbortSignal, maxBytes: number) {
    this.#alcove = alcove;
    this.#signal = signal;
    this.#maxBytes = maxBytes;
  }

  async load(conversationId: string): Promise<void> {
    const begun = this.#told.step;
    const documents = await this.#list(conversationId);
    for (const known of this.#documents.keys()) {
      if (!this.#told.isNewer(known, begun) && !documents.some((item) => item.id === known))
        this.#remove(known);
    }
    for (const document of documents) if (!this.#told.isNewer(document.id, begun)) this.#put(document);
  }

  /** Sends the files one request each, so that each succeeds or fails by itself. */
  async upload(conversationId: string, files: File[]): Promise<void> {
    const waiting = files.map((file) => this.#announce(conversationId, file));
    const sendNext = async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) await this.#send(next);
    };
    await this.#track(Promise.all(Array.from({ length: parallelUploads }, sendNext)));
  }

  /** The same file once more, after a failure that passes. */
  async sendAgain(upload: Upload): Promise<void> {
    upload.problem = null;
    upload.share = 0;
    upload.pace = null;
    await this.#track(this.#send(upload));
  }

  /** Resolves when no file is on its way to the server, whatever became of it. */
  async allSent(): Promise<void> {
    while (this.#sent.size > 0) await Promise.allSettled(this.#sent);
  }

  dismiss(upload: Upload): void {
    upload.controller.abort();
    this.uploads = this.uploads.filter((item) => item.key !== upload.key);
  }

  async retry(document: Document): Promise<void> {
    this.#put(await this.#alcove.documents.retry(document.id));
  }

  async change(
    document: Document,
    change: { name?: string; context_mode?: Document['context_mode'] },
  ): Promise<void> {
    this.#put(await this.#alcove.documents.update(document.id, change));
  }

  /** Puts another file in its place: earlier answers keep what they quoted. */
  async replace(document: Document, file: File): Promise<void> {
    this.#put(await this.#alcove.documents.replace(document.id, file));
  }

  async addPage(conversationId: string, url: string): Promise<void> {
    const added = await this.#alcove.documents.addPage(conversationId, url, { signal: this.#signal });
    for (const document of added.documents) this.#put(document);
  }

  async stopReading(document: Document): Promise<void> {
    this.#put(await this.#alcove.documents.cancel(document.id));
  }

  /** A document of the person's that has changed, here or elsewhere; it may have come here, or gone. */
  hear(document: Document, conversationId: string | null): void {
    if (document.conversation_id === conversationId) this.#put(document);
    else this.#remove(document.id);
  }

  forget(id: string): void {
    this.#remove(id);
  }

  /** Whether a document that is deleted here can come back. */
  async canRestore({ conversation_id: id }: Document): Promise<boolean> {
    return (await this.#alcove.conversations.previewDeletion(id)).restorable_days > 0;
  }

  async remove(document: Document): Promise<void> {
    const gone = await this.#alcove.documents.delete(document.id, { restorable: true });
    if (gone.restorable_until !== null) this.#deleted = [document, ...this.#deleted];
    this.#remove(document.id);
  }

  async restore(document: Document): Promise<void> {
    this.#put(await this.#alcove.documents.restore(document.id));
    this.forgetDeleted(document);
  }

  forgetDeleted({ id }: Document): void {
    this.#deleted = this.#deleted.filter((one) => one.id !== id);
  }

  async #track(sent: Promise<unknown>): Promise<void> {
    this.#sent.add(sent);
    await sent.finally(() => this.#sent.delete(sent));
  }

  #announce(conversationId: string, file: File): Upload {
    const key = `${file.name}-${file.lastModified}-${Math.random()}`;
    const controller = new AbortController();
    const begun = { share: 0, pace: null, problem: null };
    this.uploads.push({ key, name: file.name, ...begun, controller, file, conversationId });
    return this.uploads.at(-1) as Upload;
  }

  async #send(upload: Upload): Promise<void> {
    const { file, conversationId } = upload;
    const signal = AbortSignal.any([this.#signal, upload.controller.signal]);
    if (signal.aborted) return;
    if (file.size > this.#maxBytes) {
      upload.problem = {
        code: 'too_large',
        sentence: t.documents.tooLarge(formatBytes(this.#maxBytes)),
        next: null,
      };
      return;
    }
    upload.pace = new Pace(0, Date.now());
    try {
      const onProgress = (share: number) => (upload.share = share);
      const sent = await this.#alcove.documents.upload(conversationId, file, { onProgress, signal });
      for (const document of sent.documents) this.#put(document);
      this.dismiss(upload);
    } catch (error) {
      if (!signal.aborted) upload.problem = describeError(error);
    }
  }

  /** An answer to an earlier request may come after a later event: reading never goes back by itself. */
  #remove(id: string): void {
    this.#documents.delete(id);
    this.#told.note(id, null);
  }

  #put(document: Document): void {
    this.#told.note(document.id, document);
    const known = this.#documents.get(document.id);
    const isSame = known?.version === document.version;
    const isUnreadAgain = known?.status === 'ready' && isUnread(document) && document.chunk_count === 0;
    const isOld = known !== undefined && (isSame ? isUnreadAgain : known.version > document.version);
    if (!isOld) this.#documents.set(document.id, document);
    const told = known && isPending(known) && !isPending(document) ? document : null;
    if (told) this.lastSettled = told;
    this.#estimate(document);
  }

  /** Milliseconds until a document is read, at the speed so far; null while that is a guess. */
  timeLeft(document: Document): number | null {
    return this.#paces.get(document.id)?.left(progressOf(document), Date.now()) ?? null;
  }

  #estimate(document: Document): void {
    if (!isPending(document)) this.#paces.delete(document.id);
    else if (!this.#paces.has(document.id)) {
      this.#paces.set(document.id, new Pace(progressOf(document), Date.now()));
    }
  }

  async #list(conversationId: string): Promise<Document[]> {
    const found: Document[] = [];
    let cursor: string | null | undefined;
    while (cursor !== null) {
      const page = { limit: pageSize, ...(cursor ? { cursor } : {}) };
      const list = await this.#alcove.documents.list(conversationId, page, { signal: this.#signal });
      found.push(...list.documents);
      cursor = list.next_cursor;
    }
    return found;
  }
}

type Reading = Pick<Document, 'status' | 'progress' | 'stage_message'>;

/** How far it is read, or the version that is to take its place; null when nothing of it is being read. */
export function readingOf(document: Document): Reading | null {
  const { replacement } = document;
  if (replacement !== null && replacement.status !== 'failed') return replacement;
  return isUnread(document) ? document : null;
}

export function isPending(document: Document): boolean {
  return readingOf(document) !== null;
}

/** Nothing of it can be found yet: answers wait for it. */
function isUnread({ status }: Document): boolean {
  return !['ready', 'failed', 'cancelled'].includes(status);
}

function progressOf(document: Document): number {
  return readingOf(document)?.progress ?? 1;
}
