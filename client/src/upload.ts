import type { Uploaded } from '@alcove/contract';
import { errorFrom, networkError, protocolError } from './errors.ts';
import type { RequestOptions, Transport } from './transport.ts';

export interface UploadOptions extends RequestOptions {
  /** Share of the bytes sent, 0 to 1. Only browsers can tell before the end. */
  onProgress?: (share: number) => void;
  /** `ready` holds the answer until every document is ready or failed. */
  wait?: 'ready';
}

/** Sends a form; through an XMLHttpRequest where one exists, because `fetch` cannot tell upload progress. */
export async function uploadForm(
  transport: Transport,
  path: string,
  form: FormData,
  options: UploadOptions,
): Promise<Uploaded> {
  const query = { wait: options.wait };
  if (!options.onProgress || typeof XMLHttpRequest === 'undefined') {
    const { signal, idempotencyKey } = options;
    const uploaded = await transport.json<Uploaded>('POST', path, {
      query,
      body: form,
      signal,
      idempotencyKey,
    });
    options.onProgress?.(1);
    return uploaded;
  }
  const url = transport.url(path, query);
  let answer = await sendWithProgress(url, await transport.headers(), form, options);
  if (answer.status === 401 && (await transport.renew())) {
    answer = await sendWithProgress(url, await transport.headers(), form, options);
  }
  if (answer.status >= 300) {
    const failed = answer;
    throw errorFrom({
      status: failed.status,
      body: failed.responseText,
      header: (name) => failed.getResponseHeader(name),
    });
  }
  try {
    return JSON.parse(answer.responseText) as Uploaded;
  } catch (cause) {
    throw protocolError('The server did not answer with JSON.', cause);
  }
}

function sendWithProgress(
  url: string,
  headers: Record<string, string>,
  form: FormData,
  { signal, idempotencyKey, onProgress }: UploadOptions,
): Promise<XMLHttpRequest> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    request.open('POST', url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    if (idempotencyKey) request.setRequestHeader('idempotency-key', idempotencyKey);
    request.upload.onprogress = (event) => {
      if (event.lengthComputable && event.total > 0) onProgress?.(event.loaded / event.total);
    };
    request.onload = () => resolve(request);
    request.onerror = () => reject(networkError(undefined));
    request.onabort = () => reject(signal?.reason);
    request.onloadend = () => signal?.removeEventListener('abort', abort);
    signal?.addEventListener('abort', abort, { once: true });
    request.send(form);
  });
}
