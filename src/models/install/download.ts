import { mkdir, open, rm, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { moveDurably } from '../../db/durable-files.ts';
import { unavailable } from '../local-source.ts';
import { type Fingerprint, matches } from './fingerprint.ts';
import { unreachable } from './hub.ts';

export interface Download {
  /** The hub, or its mirror, as the person knows it. */
  hub: string;
  url: string;
  to: string;
  fingerprint: Fingerprint;
}

/** Bytes so far, and of all; null where the server does not say. */
export type Report = (done: number, total: number | null) => void;

/** A connection that was cut is taken up again, as long as each one brings something. */
const fruitlessTries = 3;
const pauseMs = 500;
const stalledMs = 60_000;
/** Left free: the database on the same disk needs to breathe. */
const reserveBytes = 100 * 1024 * 1024;

/**
 * Fetches a file into `….part`, going on where an earlier try stopped, and gives it its name once its hash is right.
 * @throws AppError in one sentence; what has come stays for the next try, unless it is wrong or the disk is full
 */
export async function download(wanted: Download, report: Report, signal: AbortSignal): Promise<void> {
  const part = `${wanted.to}.part`;
  await mkdir(dirname(part), { recursive: true });
  for (let fruitless = 0; ;) {
    const before = await sizeOf(part);
    try {
      await fetchRest(wanted, part, before, report, signal);
      break;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof CutOff)) throw error;
      fruitless = (await sizeOf(part)) > before ? 0 : fruitless + 1;
      if (fruitless >= fruitlessTries) throw unreachable(wanted.hub, error.cause);
      await sleep(pauseMs * (fruitless + 1), undefined, { signal });
    }
  }
  if (!(await matches(part, wanted.fingerprint))) {
    await rm(part, { force: true });
    throw unavailable(
      `What ${wanted.url} gives is not the file that it should be (its hash is another): nothing of it was kept; try another mirror.`,
    );
  }
  await moveDurably(part, wanted.to);
}

/** The connection ended before the file did, or was not made. */
class CutOff extends Error {}

async function fetchRest(
  { hub, url }: Download,
  part: string,
  from: number,
  report: Report,
  signal: AbortSignal,
): Promise<void> {
  const stalled = new AbortController();
  const within = AbortSignal.any([signal, stalled.signal]);
  let clock = setTimeout(() => stalled.abort(), stalledMs);
  try {
    const headers: Record<string, string> = {
      'accept-encoding': 'identity',
      ...(from > 0 ? { range: `bytes=${from}-` } : {}),
    };
    const response = await fetch(url, { headers, signal: within }).catch((cause: unknown) => {
      throw new CutOff('not connected', { cause });
    });
    // Everything is there already, or more than there should be: the hash tells.
    if (response.status === 416) return;
    if (!response.ok || response.body === null) throw refused(hub, url, response.status);
    const start = response.status === 206 ? from : 0;
    const length = Number(response.headers.get('content-length') ?? Number.NaN);
    const total = Number.isFinite(length) ? start + length : null;
    await checkRoom(part, Number.isFinite(length) ? length : 0, url);
    const file = await open(part, start === 0 ? 'w' : 'a');
    let done = start;
    try {
      for await (const piece of cutOffWhenItEnds(response.body)) {
        clearTimeout(clock);
        clock = setTimeout(() => stalled.abort(), stalledMs);
        await file.write(piece).catch((cause: unknown) => {
          throw explainWrite(part, cause);
        });
        done += piece.length;
        report(done, total);
      }
      await file.sync();
    } finally {
      await file.close();
    }
    if (total !== null && done < total) throw new CutOff('the file ended early');
  } finally {
    clearTimeout(clock);
    // What is not read to its end would keep the process waiting.
    stalled.abort();
  }
}

async function* cutOffWhenItEnds(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (cause) {
    throw new CutOff('the connection ended', { cause });
  }
}

async function checkRoom(part: string, bytes: number, url: string): Promise<void> {
  const { bavail, bsize } = await statfs(dirname(part));
  if (bavail * bsize - reserveBytes >= bytes) return;
  throw unavailable(
    `There is no room for ${url}: it takes ${gigabytes(bytes)} and ${gigabytes(bavail * bsize)} are free in ${dirname(part)}; set LOCAL_MODELS_DIR to a larger disk.`,
  );
}

function explainWrite(part: string, cause: unknown): Error {
  const why =
    (cause as NodeJS.ErrnoException).code === 'ENOSPC' ? 'the disk is full' : (cause as Error).message;
  return unavailable(
    `${part} cannot be written (${why}): free some space, or set LOCAL_MODELS_DIR to another folder.`,
    cause,
  );
}

function refused(hub: string, url: string, status: number): Error {
  return status === 404
    ? unavailable(`${hub} does not have ${url}: check the address of the mirror.`)
    : unavailable(`${url} is refused with HTTP ${status}: try again later, or another mirror.`);
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1024 ** 3).toFixed(1)} GB`;
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}
