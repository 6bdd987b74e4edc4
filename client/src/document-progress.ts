import type { Document } from '@alcove/contract';
import { AlcoveError, isAlcoveError } from './errors.ts';
import { isPassing, tryAgainAfterMs } from './passing.ts';
import { pause } from './pause.ts';
import type { Transport } from './transport.ts';

/** Between polls when the event stream is not to be had: a person still sees movement. */
const pollEveryMs = 1_000;

export interface WaitOptions {
  signal?: AbortSignal;
  onProgress?: (document: Document) => void;
}

/** Follows one document to its end, over server-sent events, else by asking again and again. */
export async function* followDocument(
  transport: Transport,
  path: string,
  signal?: AbortSignal,
): AsyncGenerator<Document> {
  try {
    for await (const event of (await transport.events('GET', `${path}/events`, { signal })) ?? []) {
      const document = JSON.parse(event.data) as Document;
      yield document;
      if (isFinal(document)) return;
    }
  } catch (error) {
    // A proxy may cut or buffer streams; a refusal by the server itself stays a refusal.
    if (!isPassing(error) && !isAlcoveError(error, 'protocol')) throw error;
  }
  while (true) {
    const document = await readPatiently(transport, path, signal);
    yield document;
    if (isFinal(document)) return;
    await pause(pollEveryMs, signal);
  }
}

async function readPatiently(transport: Transport, path: string, signal?: AbortSignal): Promise<Document> {
  for (const waitMs of tryAgainAfterMs) {
    try {
      return await transport.json<Document>('GET', path, { signal });
    } catch (error) {
      if (!isPassing(error)) throw error;
      await pause(waitMs, signal);
    }
  }
  return transport.json<Document>('GET', path, { signal });
}

export async function waitForDocument(
  transport: Transport,
  path: string,
  { signal, onProgress }: WaitOptions,
): Promise<Document> {
  let last: Document | undefined;
  for await (const document of followDocument(transport, path, signal)) {
    onProgress?.(document);
    last = document;
  }
  if (!last)
    throw new AlcoveError('The server told nothing of this document.', { status: 0, code: 'protocol' });
  return last;
}

function isFinal({ status, replacement }: Document): boolean {
  if (replacement !== null && replacement.status !== 'failed') return false;
  return status === 'ready' || status === 'failed' || status === 'cancelled';
}
