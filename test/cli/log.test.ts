import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHome, type Home, type ServerProcess } from '../durability/support/server-process.ts';
import { newPerson, type Person } from '../support/app.ts';

describe('the log', { timeout: 120_000 }, () => {
  let home: Home;
  beforeAll(async () => {
    home = await createHome({ LOG_LEVEL: 'info' });
  }, 120_000);
  afterAll(() => home?.close());

  async function logOf(env: Record<string, string>): Promise<{ person: Person; lines: string[] }> {
    const server: ServerProcess = await home.start(env);
    const person = await newPerson(server.baseUrl);
    await person.fetch('/conversations?limit=1');
    await server.end('SIGTERM');
    return { person, lines: server.output().split('\n') };
  }

  test('is JSON where nobody reads along, with names of levels and the id of who asks, never the address', async () => {
    const { person, lines } = await logOf({});
    const line = lines.find((one) => one.includes('"route":"/conversations"')) ?? '{}';
    expect(JSON.parse(line)).toMatchObject({ level: 'info', user: person.id, status: 200, msg: 'request' });
    expect(lines.join('\n')).not.toContain(person.email);
  });

  test.skipIf(spawnSync('script', ['--version']).status !== 0)(
    'is text on a terminal where nothing else is asked for',
    () => {
      const file = join(import.meta.dirname, '../../src/cli/log.ts');
      const code = `import('${file}').then(({ createLog }) => createLog('info').info({ user: 'u' }, 'request'))`;
      const print = `'${process.execPath}' -e "${code}"`;
      const onTerminal = spawnSync('script', ['-qec', print, '/dev/null'], { encoding: 'utf8' });
      expect(onTerminal.stdout).toMatch(/^\d\d:\d\d:\d\d info {2}request .*user=u/);
      const inPipe = spawnSync(process.execPath, ['-e', code], { encoding: 'utf8' });
      expect(JSON.parse(inPipe.stdout)).toMatchObject({ level: 'info', user: 'u', msg: 'request' });
    },
  );

  test('is text when that is asked for, as on a terminal', async () => {
    const { person, lines } = await logOf({ LOG_FORMAT: 'text' });
    const line = lines.find((one) => one.includes('route=/conversations'));
    expect(line).toMatch(
      /^\d\d:\d\d:\d\d info {2}request reqId=[\w-]+ method=GET route=\/conversations status=200 /,
    );
    expect(line).toContain(` user=${person.id}`);
    expect(lines.join('\n')).not.toMatch(/^\{/m);
  });
});
