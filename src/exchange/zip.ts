import { createHash } from 'node:crypto';
import { Readable, Transform } from 'node:stream';
import { finished } from 'node:stream/promises';
import { ZipFile } from 'yazl';
import { ConversationScope } from '../conversations/scope.ts';
import { readConversation } from '../conversations/store.ts';
import { AppError, hasCode } from '../errors.ts';
import type { BlobStore } from '../files/blob-store.ts';
import type { UserScope } from '../identity/user-scope.ts';
import { accountToJson } from './account.ts';
import {
  bundleVersion,
  type ConversationDeps,
  describeConversation,
  documentEntries,
  toJson,
} from './bundle.ts';
import { readAllConversations } from './export-store.ts';

export interface BundleDeps extends ConversationDeps {
  blobs: BlobStore;
  now: () => Date;
}

interface ManifestEntry {
  path: string;
  bytes: number;
  sha256: string;
}

/** One conversation with the originals of its documents, as a zip archive that is written while it is read. */
export function toZip(scope: ConversationScope, deps: BundleDeps): Readable {
  return writeZip(deps, null, async function* all() {
    yield { scope, folder: '' };
  });
}

/** Everything of the account: what it is, and a folder for each conversation and template. */
export function accountToZip(user: UserScope, deps: BundleDeps): Readable {
  return writeZip(deps, accountToJson(user, deps.db), async function* all() {
    for await (const { id, isTemplate } of readAllConversations(deps.db, user))
      yield {
        scope: ConversationScope.ofOwnRow(user, { userId: user.userId, conversationId: id }),
        folder: `${isTemplate ? 'templates' : 'conversations'}/${id}/`,
      };
  });
}

function writeZip(
  deps: BundleDeps,
  account: AsyncGenerator<string> | null,
  all: () => AsyncGenerator<{ scope: ConversationScope; folder: string }>,
): Readable {
  const zip = new ZipFile();
  // yazl's stream is a Node stream, typed as the older interface.
  const output = zip.outputStream as unknown as Readable;
  const entries: ManifestEntry[] = [];
  const gone = new AbortController();
  output.once('close', () => gone.abort());

  /** One entry after the other: the next begins when this one has gone out. */
  async function add(path: string, content: Readable, compress: boolean): Promise<void> {
    const hash = createHash('sha256');
    let bytes = 0;
    const counted = new Transform({
      transform(part: Buffer, _encoding, done) {
        bytes += part.length;
        hash.update(part);
        done(null, part);
      },
    });
    try {
      content.once('error', (error) => counted.destroy(error));
      zip.addReadStream(content.pipe(counted), path, { compress, mtime: deps.now() });
      await finished(counted, { signal: gone.signal });
    } finally {
      // Nobody reads on where the reader of the archive has gone.
      content.destroy();
      counted.destroy();
    }
    entries.push({ path, bytes, sha256: hash.digest('hex') });
  }

  async function run(): Promise<void> {
    const missing: string[] = [];
    if (account !== null) await add('account.json', Readable.from(account, { objectMode: false }), true);
    for await (const { scope, folder } of all()) {
      const row = await readConversation(deps.db, scope).catch(goneMeanwhile);
      if (row === null) continue;
      const documents = await documentEntries(scope, `${folder}documents/`, deps.db);
      const conversation = await describeConversation(scope, row, deps);
      const json = toJson(scope, conversation, documents, deps.db);
      await add(`${folder}conversation.json`, Readable.from(json, { objectMode: false }), true);
      for (const { row: document, path } of documents) {
        // One that is lost is named; the rest is there.
        const original = await deps.blobs.read(document.blobKey).catch(lost);
        if (original === null) missing.push(path);
        else await add(path, original, !isPacked(document.mediaType));
      }
    }
    const manifest = {
      format: 'alcove.bundle',
      version: bundleVersion,
      made_at: deps.now(),
      entries,
      missing,
    };
    zip.addBuffer(Buffer.from(`${JSON.stringify(manifest, null, 1)}\n`), 'manifest.json');
    zip.end();
  }

  setImmediate(() => {
    run().catch((error: Error) => output.destroy(error));
  });
  return output;
}

function goneMeanwhile(error: unknown): null {
  if (hasCode(error, 'not_found')) return null;
  throw error;
}

function lost(error: unknown): null {
  if (error instanceof AppError && error.code === 'original_missing') return null;
  throw error;
}

/** Packed once more they would only take time. */
function isPacked(mediaType: string): boolean {
  return /pdf|zip|officedocument|opendocument|epub|image\//.test(mediaType);
}
