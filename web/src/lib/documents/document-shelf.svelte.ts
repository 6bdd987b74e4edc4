import type { Client, Document } from '@alcove/client';
import { SvelteMap } from 'svelte/reactivity';
import { describeError, type Problem } from '../describe-error.ts';
import { formatBytes } from '../format-bytes.ts';
import { t } from '../text/text.ts';
import { ProgressFollower } from './progress-follower.ts';

/** A file on its way to the server. */
export interface Upload {
  key: string;
  name: string;
  /** Share of the bytes sent, 0 to 1. */
  share: number;
  problem: Problem | null;
  controller: AbortController;
}

/** Files sent at the same time; the others wait, so that requests of the page itself get through. */
const parallelUploads = 2;

/** The documents of one conversation, and the files on their way to it. */
export class DocumentShelf {
  uploads = $state<Upload[]>([]);
  readonly #documents = new SvelteMap<string, Document>();
  readonly all = $derived([...this.#documents.values()]);
  /** Those that the next answer can use. */
  readonly ready = $derived(
    this.all.filter((item) => item.status === 'ready' && item.context_mode !== 'off'),
  );
  readonly pending = $derived(
    this.all.filter((item) => isPending(item)).length + this.uploads.filter((item) => !item.problem).length,
  );
  readonly #alcove: Client;
  readonly #signal: AbortSignal;
  readonly #maxBytes: number;
  #follower: ProgressFollower | null = null;

  constructor(alcove: Client, signal: AbortSignal, maxBytes: number) {
    this.#alcove = alcove;
    this.#signal = signal;
    this.#maxBytes = maxBytes;
  }

  async load(conversationId: string): Promise<void> {
    const documents = await this.#list(conversationId);
    for (const known of this.#documents.keys()) {
      if (!documents.some((item) => item.id === known)) this.#documents.delete(known);
    }
    for (const document of documents) this.#documents.set(document.id, document);
    this.#follow(conversationId);
  }

  /** Sends the files one request each, so that each succeeds or fails by itself. */
  async upload(conversationId: string, files: File[]): Promise<void> {
    const waiting = files.map((file) => ({ file, upload: this.#announce(file) }));
    const sendNext = async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        await this.#send(conversationId, next.file, next.upload);
        this.#follow(conversationId);
      }
    };
    await Promise.all(Array.from({ length: parallelUploads }, sendNext));
  }

  dismiss(upload: Upload): void {
    upload.controller.abort();
    this.uploads = this.uploads.filter((item) => item.key !== upload.key);
  }

  async retry(document: Document): Promise<void> {
    this.#documents.set(document.id, await this.#alcove.documents.retry(document.id));
    this.#follow(document.conversation_id);
  }

  async remove(document: Document): Promise<void> {
    await this.#alcove.documents.delete(document.id);
    this.#documents.delete(document.id);
  }

  #announce(file: File): Upload {
    const key = `${file.name}-${file.lastModified}-${Math.random()}`;
    this.uploads.push({ key, name: file.name, share: 0, problem: null, controller: new AbortController() });
    return this.uploads.at(-1) as Upload;
  }

  async #send(conversationId: string, file: File, upload: Upload): Promise<void> {
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
    try {
      const onProgress = (share: number) => (upload.share = share);
      const sent = await this.#alcove.documents.upload(conversationId, file, { onProgress, signal });
      for (const document of sent.documents) this.#documents.set(document.id, document);
      this.dismiss(upload);
    } catch (error) {
      if (!signal.aborted) upload.problem = describeError(error);
    }
  }

  #follow(conversationId: string): void {
    this.#follower ??= new ProgressFollower(this.#alcove, this.#signal, {
      pending: () => this.all.filter(isPending),
      list: () => this.#list(conversationId),
      onChange: (document) => this.#update(document),
      onGone: (id) => this.#documents.delete(id),
    });
    this.#follower.follow();
  }

  #update(document: Document): void {
    // A document removed meanwhile must not come back with a late event.
    if (this.#documents.has(document.id)) this.#documents.set(document.id, document);
  }

  async #list(conversationId: string): Promise<Document[]> {
    const options = { signal: this.#signal };
    const page = await this.#alcove.documents.list(conversationId, { limit: 200 }, options);
    return page.documents;
  }
}

export function isPending(document: Document): boolean {
  return !['ready', 'failed', 'cancelled'].includes(document.status);
}
