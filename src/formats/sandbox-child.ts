import { AppError } from '../errors.ts';
import { renounceRights } from './renounce.ts';
import { encodeFrame, FrameReader, loadOnly } from './sandbox-frames.ts';

export interface SandboxInput {
  header: Record<string, unknown>;
  body: Uint8Array;
}

export type Send = (header: Record<string, unknown>, body?: Uint8Array) => void;

/**
 * Runs `work` inside the sandbox: takes the input from stdin, sends its messages to stdout, and ends
 * the process. Whatever goes wrong becomes a message with a code. `loadRest` loads what is not needed by every input,
 * for a process that only loads.
 */
export function serveSandbox(
  work: (input: SandboxInput, send: Send) => Promise<void>,
  loadRest: () => Promise<unknown> = async () => {},
): void {
  if (process.argv[2] === loadOnly) {
    void loadRest();
    return;
  }
  renounceRights();
  // A parser may lose track of a rejection that does not matter; if it does, the work never ends and the process runs dry.
  process.on('unhandledRejection', () => {});
  process.on('uncaughtException', (error) => finish(error));
  process.on('beforeExit', () => finish(new Error('the parser stopped without an answer')));
  readInput()
    .then((input) => work(input, send))
    .then(() => finish(null), finish);
}

const send: Send = (header, body) => {
  for (const piece of encodeFrame(header, body)) process.stdout.write(piece);
};

let finished = false;

function finish(error: unknown): void {
  if (finished) return;
  finished = true;
  if (error !== null) send(describe(error));
  process.stdout.write('', () => process.exit(0));
}

/** Body frames until an empty one; then stdin only tells, by its end, that the server is gone. */
function readInput(): Promise<SandboxInput> {
  return new Promise((resolve) => {
    const frames = new FrameReader();
    const pieces: Uint8Array[] = [];
    let header: Record<string, unknown> | null = null;
    process.stdin.on('data', (data: Buffer) => {
      for (const frame of frames.push(data)) {
        header ??= frame.header;
        if (frame.body.length > 0) pieces.push(frame.body);
        if (frame.header['end'] !== true) continue;
        // The lifeline alone must not keep a process alive that has nothing left to do.
        (process.stdin as { unref?: () => void }).unref?.();
        resolve({ header, body: Buffer.concat(pieces.splice(0)) });
      }
    });
    process.stdin.on('end', () => process.exit(1));
  });
}

function describe(error: unknown): Record<string, unknown> {
  if (error instanceof AppError) {
    const cause = error.cause === undefined ? '' : explain(error.cause);
    return { type: 'error', code: error.code, message: error.message, cause };
  }
  const cause = explain(error);
  if (error instanceof RangeError) {
    const message =
      'The document needs more memory than is allowed. Split it or save it in a simpler form, and upload the result.';
    return { type: 'error', code: 'document_too_complex', message, cause };
  }
  // The reader itself did not load: the document is not to blame.
  if (/^ERR_(MODULE|ACCESS|UNKNOWN_FILE)/.test(String((error as { code?: unknown }).code))) {
    return {
      type: 'error',
      code: 'internal',
      message: 'The reader of this format could not be started here.',
      cause,
    };
  }
  const message =
    'The document is damaged and cannot be read. Open it in its own program, save it again and upload the new file.';
  return { type: 'error', code: 'document_malformed', message, cause };
}

function explain(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
