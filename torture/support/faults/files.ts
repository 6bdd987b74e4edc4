import fs from 'node:fs';
import fsp, { type FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { type CountedFault, countedFault, type Fault } from './fault.ts';

export const fileFaultNames = ['ENOSPC', 'EIO'] as const;

/** Where originals and uploads are. */
const folders = ['blobs', 'incoming', 'quarantine'];

// More than the product calls today: what it changes to fails as well.
const changes = 'mkdir rename rm rmdir unlink link symlink copyFile writeFile appendFile truncate utimes';
const reads = 'stat lstat access readdir opendir readFile';
const handleChanges = 'write writev writeFile appendFile truncate sync datasync';
const handleReads = 'read readv readFile stat';

// Its overloads are many; what comes in goes out.
type Functions = Record<string, (...args: unknown[]) => unknown>;

interface FileFaults {
  changing: CountedFault;
  reading: CountedFault;
  /** Whether a path is one that fails. */
  isOurs(path: unknown): boolean;
}

/**
 * Calls on the files of originals and uploads in a data folder, and on what is open of them: those that change
 * something find no space, those that read find a bad disk. Patches Node's own modules, for this process.
 */
export function fileFaults(dataDir: string): Fault[] {
  const [changing, reading] = [countedFault('ENOSPC'), countedFault('EIO')];
  const places = folders.map((name) => join(dataDir, name));
  const faults: FileFaults = {
    changing,
    reading,
    isOurs: (path) => places.some((place) => path === place || String(path).startsWith(`${place}/`)),
  };
  const functions = fsp as unknown as Functions;
  patchPaths(functions, changes, changing, faults);
  patchPaths(functions, reads, reading, faults);
  patchOpen(functions, faults);
  patchReadStream(fs as unknown as Functions, faults);
  syncBuiltinESMExports();
  return [changing, reading];
}

function patchPaths(functions: Functions, names: string, fault: CountedFault, { isOurs }: FileFaults): void {
  patch(functions, names, (real, name) => async (...args) => {
    if (args.slice(0, 2).some(isOurs)) pass(fault, name);
    return real(...args);
  });
}

function patchOpen(functions: Functions, { changing, reading, isOurs }: FileFaults): void {
  patch(functions, 'open', (real) => async (...args) => {
    if (!isOurs(args[0])) return real(...args);
    const isForReading = (args[1] ?? 'r') === 'r';
    pass(isForReading ? reading : changing, 'open');
    const handle = (await real(...args)) as FileHandle;
    const calls = handle as unknown as Functions;
    for (const [names, fault] of [
      [handleChanges, changing],
      [handleReads, reading],
    ] as const)
      patch(calls, names, (call, name) => async (...given) => {
        pass(fault, name);
        return call(...given);
      });
    // Some file systems write as late as this. The file is closed then, too.
    if (!isForReading)
      patch(calls, 'close', (call, name) => async (...given) => {
        await call(...given);
        pass(changing, name);
      });
    return handle;
  });
}

/** A stream on a path opens and reads with the functions that it is given. */
function patchReadStream(functions: Functions, { reading, isOurs }: FileFaults): void {
  const { open, read, close } = fs;
  const failing =
    (name: string, real: unknown) =>
    (...args: unknown[]): void => {
      const done = args.at(-1) as (error: Error) => void;
      if (reading.isDue(name)) process.nextTick(done, failureOf(reading, name));
      else (real as (...all: unknown[]) => void)(...args);
    };
  patch(
    functions,
    'createReadStream',
    (real) => (path, options) =>
      isOurs(path)
        ? real(path, {
            ...(options as object),
            fs: { open: failing('open', open), read: failing('read', read), close },
          })
        : real(path, options),
  );
}

function patch(
  functions: Functions,
  names: string,
  change: (real: Functions[string], name: string) => Functions[string],
): void {
  for (const name of names.split(' ')) {
    const real = functions[name];
    if (real === undefined) throw new Error(`there is no ${name} to fail`);
    functions[name] = change((...args) => real.apply(functions, args), name);
  }
}

/** @throws the failure at the use that is to fail */
function pass(fault: CountedFault, call: string): void {
  if (fault.isDue(call)) throw failureOf(fault, call);
}

function failureOf({ name }: CountedFault, call: string): Error {
  return Object.assign(new Error(`${name}: failed on purpose, ${call}`), { code: name, syscall: call });
}
