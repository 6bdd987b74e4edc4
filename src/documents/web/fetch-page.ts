import { lookup, type LookupAddress } from 'node:dns';
import http from 'node:http';
import https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { type Readable, Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { AppError } from '../../errors.ts';
import type { IncomingFile } from '../upload.ts';
import type { AddressGuard } from './forbidden-addresses.ts';
import { nameOfPage } from './page-name.ts';

export interface FetchLimits {
  guard: AddressGuard;
  /** For the whole of it, redirects too. */
  timeoutMs: number;
  /** What the server says that it sends is believed only to refuse it. */
  maxBytes: number;
}

const mostRedirects = 5;
const userAgent = 'Alcove (documents that its users ask for)';

/**
 * Opens a page or file on the web as an upload. Each address, of redirects too, is resolved once, checked, and connected
 * to as it was checked: a name that answers otherwise the second time leads nowhere.
 * @throws AppError `invalid_request` for an address that may not be asked, `url_failed`, `too_large`
 */
export async function fetchPage(
  address: string,
  limits: FetchLimits,
  signal: AbortSignal,
): Promise<IncomingFile> {
  const ending = AbortSignal.any([signal, AbortSignal.timeout(limits.timeoutMs)]);
  let url = parse(address);
  for (let redirects = 0; redirects <= mostRedirects; redirects += 1) {
    const response = await request(url, limits.guard, ending);
    const status = response.statusCode ?? 0;
    const next = status >= 300 && status < 400 ? response.headers.location : undefined;
    if (next !== undefined) {
      response.destroy();
      url = parse(next, url);
      continue;
    }
    if (status !== 200) {
      response.destroy();
      throw failed(`it answered with status ${status}`);
    }
    if (Number(response.headers['content-length'] ?? 0) > limits.maxBytes) {
      response.destroy();
      throw new AppError('too_large', 'The page is larger than a document may be.');
    }
    return { name: nameOfPage(url, response.headers), content: contentOf(response, ending) };
  }
  throw failed('it redirects too often');
}

function parse(address: string, base?: URL): URL {
  if (!URL.canParse(address, base)) throw refused('is not an address');
  const url = new URL(address, base);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw refused('does not begin with http:// or https://');
  if (url.username !== '' || url.password !== '') throw refused('has a name or password in it');
  return url;
}

function request(url: URL, guard: AddressGuard, signal: AbortSignal): Promise<http.IncomingMessage> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  // A connection to an address needs no look-up, and so would not be checked by it.
  if (isIP(host) !== 0 && !guard.allows(host)) throw notPublic();
  const { request: open } = url.protocol === 'https:' ? https : http;
  return new Promise((resolve, reject) => {
    const sent = open(
      url,
      {
        // A connection that was kept from before would skip the look-up.
        agent: false,
        lookup: guardedLookup(guard),
        signal,
        headers: { 'user-agent': userAgent, 'accept-encoding': 'gzip, deflate, br', accept: '*/*' },
        maxHeaderSize: 32 * 1024,
      },
      resolve,
    );
    sent.once('error', (cause: Error) =>
      reject(cause instanceof AppError ? cause : failed(reasonOf(cause, signal), cause)),
    );
    sent.end();
  });
}

/** Resolves a name once and gives the connection nothing but addresses that were checked. */
function guardedLookup(guard: AddressGuard): LookupFunction {
  return (host, options, callback) => {
    lookup(host, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      if (error !== null) return callback(error, '');
      // One private address among public ones is a trap or a mistake.
      const [first] = addresses;
      if (first === undefined || !addresses.every(({ address }) => guard.allows(address)))
        return callback(notPublic(), '');
      return options.all === true ? callback(null, addresses) : callback(null, first.address, first.family);
    });
  };
}

/** What is sent, unpacked; the upload counts its bytes. A failure is told as what it is to the user. */
function contentOf(response: http.IncomingMessage, signal: AbortSignal): Readable {
  const passed = new Transform({
    transform: (chunk, _encoding, done) => done(null, chunk),
  });
  const unpack = unpackers[response.headers['content-encoding'] ?? 'identity'];
  if (unpack === undefined) {
    response.destroy();
    throw failed('it is packed in an unknown way');
  }
  const fail = (cause: Error): void => void passed.destroy(failed(reasonOf(cause, signal), cause));
  const unpacked = unpack(response);
  response.once('error', fail).once('aborted', () => fail(new Error('the connection was cut off')));
  unpacked.once('error', fail);
  passed.once('close', () => response.destroy());
  return unpacked.pipe(passed);
}

const unpackers: Record<string, ((from: Readable) => Readable) | undefined> = {
  identity: (from) => from,
  gzip: (from) => from.pipe(createGunzip()),
  'x-gzip': (from) => from.pipe(createGunzip()),
  deflate: (from) => from.pipe(createInflate()),
  br: (from) => from.pipe(createBrotliDecompress()),
};

function reasonOf(cause: Error, signal: AbortSignal): string {
  if (signal.aborted) return 'it took too long';
  const { code } = cause as { code?: unknown };
  return code === 'ENOTFOUND' || code === 'EAI_AGAIN' ? 'there is no such host' : 'the connection failed';
}

function failed(reason: string, cause?: unknown): AppError {
  return new AppError('url_failed', `The page could not be fetched: ${reason}.`, { cause });
}

function notPublic(): AppError {
  return refused('leads to an address that is not on the public Internet');
}

function refused(why: string): AppError {
  return new AppError('invalid_request', `This address cannot be fetched: it ${why}.`, {
    issues: [{ path: 'url', message: why }],
  });
}
