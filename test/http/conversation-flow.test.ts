import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { startTestApp } from '../support/app.ts';

const hasPython = spawnSync('python3', ['--version'], { stdio: 'ignore' }).status === 0;

test.skipIf(!hasPython)('examples/conversation_flow.py holds from its first call to its last', async () => {
  const app = await startTestApp();
  try {
    const run = promisify(execFile)('python3', ['examples/conversation_flow.py', app.baseUrl]);
    const { stdout } = await run;
    expect(stdout).toContain('The whole flow holds.');
    expect(stdout.match(/^ok /gm)?.length).toBeGreaterThan(25);
  } finally {
    await app.close();
  }
});
