import { execFile, spawnSync } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const folder = join(import.meta.dirname, 'fixtures');

/** How `import requests` is satisfied: by the package itself, or by a module of two functions in its place. */
export type RequestsModule = 'requests' | 'urllib';

/** Those that this machine can run; none without Python. */
export const requestsModules: RequestsModule[] = [
  ...(succeeds('import urllib.request') ? ['urllib' as const] : []),
  ...(succeeds('import requests') ? ['requests' as const] : []),
];

export interface PythonRun {
  baseUrl: string;
  token: string;
  /** Names of fixtures, run one after the other in one process. */
  examples: string[];
  /** Lines before them. */
  before?: string;
}

/** Runs examples of the founding document with nothing replaced but the address and the token; resolves with what they print. */
export async function runPython(module: RequestsModule, run: PythonRun): Promise<string> {
  const texts = await Promise.all(run.examples.map((name) => readFile(join(folder, `${name}.py`), 'utf8')));
  const script = [run.before ?? '', ...texts]
    .join('\n')
    .replaceAll('http://localhost:8000', run.baseUrl)
    .replaceAll('<your_jwt_token>', run.token);
  const modules = await mkdtemp(join(tmpdir(), 'alcove-python-'));
  try {
    if (module === 'urllib')
      await copyFile(join(folder, 'requests-by-urllib.py'), join(modules, 'requests.py'));
    const env = {
      ...process.env,
      PYTHONPATH: modules,
      PYTHONDONTWRITEBYTECODE: '1',
      PYTHONIOENCODING: 'utf-8',
    };
    const { stdout } = await promisify(execFile)('python3', ['-c', script], { env, timeout: 30_000 });
    return stdout;
  } finally {
    await rm(modules, { recursive: true, force: true });
  }
}

function succeeds(statement: string): boolean {
  return spawnSync('python3', ['-c', statement], { stdio: 'ignore' }).status === 0;
}
