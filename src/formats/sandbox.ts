import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { AppError } from '../errors.ts';
import { Gate } from '../limits/gate.ts';
import { killParser } from './parser-process.ts';
import { watchProcess } from './process-watch.ts';
import { type CompiledCode, keepCompiledCode } from './sandbox-code.ts';
import { type Confinement, type ConfinementName, findConfinements, nodeCommand } from './sandbox-command.ts';
import { encodeFrame, type Frame, FrameReader } from './sandbox-frames.ts';

export interface SandboxLimits {
  /** Wall clock of one document, and its processor time. */
  timeoutMs: number;
  /** Processor time without a sign of life: no honest page takes a tenth of this. */
  stallMs: number;
  /** Resident memory; the child begins with 200 MB, the largest filings need 350. */
  memoryBytes: number;
  /** Everything that comes back: the text (at most 10 million characters), chunks and index. */
  outputBytes: number;
}

export const defaultSandboxLimits: SandboxLimits = {
  timeoutMs: 60_000,
  stallMs: 7_000,
  memoryBytes: 640 * 1024 * 1024,
  outputBytes: 96 * 1024 * 1024,
};

/**
 * Node with all that the child loads reserves 760 MB before the first document, though it uses 200;
 * the largest filing reserves 900. The real bound is `memoryBytes`; this one stops a single huge allocation.
 */
const dataBytes = 1_400_000_000;
const heapMegabytes = 512;

export interface SandboxJob {
  /** Entry of the child: a script that calls `serveSandbox`. */
  script: URL;
  header: Record<string, unknown>;
  body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  /** Kills the child. */
  signal?: AbortSignal | undefined;
  /** Called for every message of the child but the errors. */
  onFrame(frame: Frame): void;
}

/** Runs parsers where they can do no harm: a process for each document, with stdin and stdout and nothing else. */
export interface Sandbox {
  /**
   * Runs a job to its end, at most one per core at a time.
   * @throws AppError with what the child said, or `document_too_complex` when it had to be killed
   */
  run(job: SandboxJob): Promise<void>;
  /** The confinements that work here. */
  describe(): Promise<ConfinementName[]>;
}

/** @param makeCodeFolder makes a folder of this process's own, in which children find their scripts compiled */
export function createSandbox(
  limits: SandboxLimits = defaultSandboxLimits,
  width: number = availableParallelism(),
  makeCodeFolder?: () => Promise<string>,
  /** Where its programs are looked for; the usual folders if not given. */
  programFolders?: readonly string[],
): Sandbox {
  const code = makeCodeFolder === undefined ? null : keepCompiledCode(makeCodeFolder, heapMegabytes);
  const gate = new Gate(width);
  let confinements: Promise<Confinement[]> | null = null;
  const probe = () =>
    (confinements ??= findConfinements(
      { cpuSeconds: Math.ceil(limits.timeoutMs / 1000), dataBytes },
      programFolders,
    ));
  return {
    async run(job) {
      const wrappers = await probe();
      const leave = await gate.enter(job.signal);
      try {
        await runChild(job, wrappers, limits, code);
      } finally {
        leave();
      }
    },
    async describe() {
      return (await probe()).map((confinement) => confinement.name);
    },
  };
}

async function runChild(
  job: SandboxJob,
  confinements: Confinement[],
  limits: SandboxLimits,
  code: CompiledCode | null,
): Promise<void> {
  job.signal?.throwIfAborted();
  // Below its limits a child cannot write to files: only then may it see where the code of the next one lies.
  const isReadOnly = confinements.some(({ name }) => name === 'prlimit');
  const codeFolder = (isReadOnly && code?.folderFor(job.script)) || null;
  const [program, ...args] = [
    ...confinements.flatMap((confinement) => confinement.command),
    ...nodeCommand(job.script, heapMegabytes, codeFolder),
  ];
  // A process group of its own: a signal to the group of the sender must not reach the server.
  const child = spawn(program as string, args, {
    env: codeFolder === null ? {} : { NODE_COMPILE_CACHE: codeFolder },
    stdio: ['pipe', 'pipe', 'pipe'],
    cwd: '/',
    detached: true,
  });
  let failure: unknown = null;
  const kill = (reason: unknown) => {
    failure ??= reason;
    killParser(child);
  };
  const onAbort = () => kill(job.signal?.reason);
  job.signal?.addEventListener('abort', onAbort, { once: true });
  const watch = watchProcess(child, limits, kill);
  const finished = readFrames(child, job, limits, watch.signOfLife, kill);
  feed(child, job).catch(kill);
  try {
    const { exitCode, signal, stderr } = await finished;
    if (failure !== null) throw failure;
    if (signal !== null || exitCode !== 0) throw died(exitCode, signal, stderr);
  } finally {
    watch.stop();
    job.signal?.removeEventListener('abort', onAbort);
  }
}

/** Sends the input. Stdin stays open: its end tells the child that the server is gone. */
async function feed(child: ChildProcessWithoutNullStreams, job: SandboxJob): Promise<void> {
  // A child that ends early closes the pipe; why it ended is read from its exit.
  child.stdin.on('error', () => {});
  let proceed = () => {};
  child.stdin.on('drain', () => proceed());
  child.stdin.on('close', () => proceed());
  const write = async (pieces: Uint8Array[]) => {
    for (const piece of pieces) {
      if (child.stdin.destroyed || child.stdin.write(piece) || child.stdin.destroyed) continue;
      await new Promise<void>((resolve) => (proceed = resolve));
    }
  };
  await write(encodeFrame(job.header));
  for await (const piece of job.body) if (piece.length > 0) await write(encodeFrame({}, piece));
  await write(encodeFrame({ end: true }));
}

function readFrames(
  child: ChildProcessWithoutNullStreams,
  job: SandboxJob,
  limits: SandboxLimits,
  signOfLife: () => void,
  kill: (reason: unknown) => void,
): Promise<{ exitCode: number | null; signal: NodeJS.Signals | null; stderr: string }> {
  const frames = new FrameReader();
  let received = 0;
  let stderr = '';
  child.stderr.on('data', (data: Buffer) => (stderr = (stderr + data.toString('latin1')).slice(-4_000)));
  child.stdout.on('data', (data: Buffer) => {
    received += data.length;
    if (received > limits.outputBytes) return kill(tooComplex('unfolds into too much text'));
    signOfLife();
    try {
      for (const frame of frames.push(data)) {
        if (frame.header['type'] === 'error') kill(toAppError(frame));
        else job.onFrame(frame);
      }
    } catch (error) {
      kill(error);
    }
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exitCode, signal) => resolve({ exitCode, signal, stderr }));
  });
}

function toAppError({ header }: Frame): AppError {
  // The child is ours, but a parser inside it may have been taken over: only known codes count.
  const codes = [
    'document_encrypted',
    'document_empty',
    'document_malformed',
    'document_too_complex',
    'document_needs_ocr',
    'unsupported_media_type',
  ] as const;
  const code = codes.find((known) => known === header['code']) ?? 'document_malformed';
  return new AppError(code, String(header['message']).slice(0, 500), { cause: header['cause'] });
}

/** V8 aborts when its heap is full, the kernel kills at the limits of prlimit. */
function died(exitCode: number | null, signal: NodeJS.Signals | null, stderr: string): Error {
  if (signal !== null || exitCode === 134 || exitCode === 137 || exitCode === 152)
    return tooComplex('needs more time or memory than is allowed', stderr);
  return new Error(`the parser ended with code ${exitCode}`, { cause: stderr });
}

function tooComplex(what: string, cause?: string): AppError {
  return new AppError(
    'document_too_complex',
    `The document ${what}. Split it or save it in a simpler form, and upload the result.`,
    { cause },
  );
}
