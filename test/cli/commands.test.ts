import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addText, newConversation } from '../answers/support/asking.ts';
import { behave, startProvider } from '../support/provider.ts';
import { newPerson, type Person, startTestApp, type TestApp } from '../support/app.ts';
import { type Ended, runCli } from '../support/run-cli.ts';

// The command line as its users run it: a process of its own against a server.

let app: TestApp;
let person: Person;
let folder: string;

beforeAll(async () => {
  app = await startTestApp({ env: { MAX_UPLOAD_MB: '1' } });
  person = await newPerson(app.baseUrl);
  folder = await mkdtemp(join(tmpdir(), 'alcove-cli-'));
  await mkdir(join(folder, 'reports'));
  await writeFile(join(folder, 'herons.txt'), 'The colony at Lake Sorrow held 412 nests in 2025.');
  await writeFile(join(folder, 'huge.txt'), 'x'.repeat(1_100_000));
  await writeFile(join(folder, 'program.exe'), Buffer.from([0x4d, 0x5a, 0x90, 0, 3, 0, 0, 0, 4, 0, 0, 0]));
});

afterAll(async () => {
  await app?.close();
  await rm(folder, { recursive: true, force: true });
});

function alcove(...args: string[]): Promise<Ended> {
  return runCli(args, { ALCOVE_URL: app.baseUrl, ALCOVE_TOKEN: person.token });
}

/** Those that are there and those that can be brought back. */
async function conversations(): Promise<string[]> {
  const lists = await Promise.all(
    (['active', 'deleted'] as const).map((status) =>
      person.client.conversations.list({ limit: 200, status }),
    ),
  );
  return lists.flatMap((list) => list.conversations.map(({ id }) => id));
}

/** One sentence on stderr, nothing on stdout, a code that is not 0. */
function expectOneSentence({ code, stdout, stderr }: Ended, about: RegExp): void {
  expect(stderr).toMatch(about);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(stderr).not.toMatch(/ {4}at |Error:/);
  expect(stdout).toBe('');
  expect(code).toBeGreaterThan(0);
}

describe('what cannot be uploaded leaves no conversation', () => {
  test.for([
    ['a folder', ['reports'], /reports.* is a folder/],
    ['a missing file', ['nowhere.pdf'], /no file.*nowhere\.pdf/i],
    ['a missing file beside a good one', ['herons.txt', 'nowhere.pdf'], /no file.*nowhere\.pdf/i],
    ['a file that is too large', ['huge.txt'], /too large|larger than/],
    ['a file of no supported type', ['program.exe'], /type|format/],
    ['a file that is refused after a good one', ['herons.txt', 'program.exe'], /type|format/],
  ] as const)('%s', async ([, names, about]) => {
    const before = await conversations();
    expectOneSentence(await alcove('upload', ...names.map((name) => join(folder, name))), about);
    expect(await conversations()).toEqual(before);
  });

  test('a conversation that was there stays, whatever is refused', async () => {
    const { id } = await person.client.conversations.create({ title: 'Kept' });
    const refused = await alcove('upload', '-c', id, join(folder, 'program.exe'));
    expectOneSentence(refused, /type|format/);
    expect(await conversations()).toContain(id);
  });
});

describe('asking', () => {
  test('prints the conversation and how to go on in it', async () => {
    const uploaded = await alcove('upload', join(folder, 'herons.txt'));
    const id = /^Conversation (\S+)$/m.exec(uploaded.stdout)?.[1] ?? '';
    expect(await conversations()).toContain(id);
    const question = 'How many nests did the colony at Lake Sorrow hold?';
    const asked = await alcove('ask', '-c', id, question);
    expect(asked).toMatchObject({ code: 0, stderr: 'Statements that cite: 1 verified\n' });
    expect(asked.stdout).toMatch(/^ {2}\[1\] herons\.txt \(verified\)$/m);
    expect(asked.stdout).toContain('412');
    expect(asked.stdout).toContain(`Conversation ${id}`);
    const anew = await alcove('ask', question);
    const made = /Conversation (\S+)/.exec(anew.stdout)?.[1] ?? '';
    expect(anew.stdout).toContain(`npm run alcove -- ask -c ${made}`);
    const { messages } = await person.client.conversations.get(made);
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant']);
  });

  test('a refused question leaves no conversation', async () => {
    const before = await conversations();
    expectOneSentence(await alcove('ask', 'x'.repeat(33_000)), /query/);
    expectOneSentence(await alcove('ask', ' '), /query/);
    expect(await conversations()).toEqual(before);
  });

  test('an unknown conversation is one sentence', async () => {
    expectOneSentence(await alcove('ask', '-c', crypto.randomUUID(), 'Herons?'), /does not exist/);
  });
});

test('every cited source is listed with its state, and how many statements were judged how', async () => {
  const provider = await startProvider();
  const other = await startTestApp({
    env: { LLM_BASE_URL: provider.baseUrl, LLM_MODEL: 'test-chat' },
  });
  try {
    const somebody = await newPerson(other.baseUrl);
    const id = await newConversation(somebody);
    for (const [name, text] of [
      ['nests.txt', 'The colony at Lake Sorrow held 412 nests in 2025.'],
      ['eggs.txt', 'The colony at Lake Sorrow laid 900 eggs in 2025.'],
    ] as const)
      await addText(somebody, id, text, name);
    provider.setDefault(
      behave.answer(({ text }) => {
        const n = Number(/<source n="(\d)" document="nests/.exec(text)?.[1]);
        return `The colony at Lake Sorrow held 412 nests in 2025 [${n}]. The colony at Lake Sorrow held 421 nests in 2025 [${n}]. Whales breed there each winter [${3 - n}].`;
      }),
    );
    const asked = await runCli(['ask', '-c', id, 'How many nests did the colony hold?'], {
      ALCOVE_URL: other.baseUrl,
      ALCOVE_TOKEN: somebody.token,
    });
    expect(asked.stdout).toMatch(/^ {2}\[\d\] nests\.txt \(verified, contradicted\)$/m);
    expect(asked.stdout).toMatch(/^ {2}\[\d\] eggs\.txt \(unverified\)$/m);
    expect(asked.stderr).toContain('Statements that cite: 1 verified, 1 unverified, 1 contradicted\n');
  } finally {
    await other.close();
    await provider.close();
  }
});

test('files that an answer waits for are named on stderr', async () => {
  const other = await startTestApp({ env: { ROLE: 'web', WAIT_FOR_FILES_S: '1' } });
  try {
    const somebody = await newPerson(other.baseUrl);
    const id = await newConversation(somebody);
    const text = 'The colony at Lake Sorrow held 412 nests.';
    await somebody.json('POST', `/conversations/${id}/documents`, { name: 'unread.txt', text });
    const asked = await runCli(['ask', '-c', id, 'How many nests?'], {
      ALCOVE_URL: other.baseUrl,
      ALCOVE_TOKEN: somebody.token,
    });
    expect(asked.code).toBe(0);
    expect(asked.stderr).toMatch(/^Reading unread\.txt, 0 % \(waiting 1 s more at most\)$/m);
  } finally {
    await other.close();
  }
});

describe('what is mistyped', () => {
  test.for([
    [['uplod', 'a.txt'], /uplod.*did you mean upload\?/i],
    [['ask', '--conversatoin', 'x', 'Herons?'], /--conversatoin.*did you mean --conversation\?/i],
    [['ask'], /question/],
    [['ask', '-s', 'fuzzy', 'Herons?'], /vector, keyword or rrf_fusion/],
    [['frobnicate'], /frobnicate/],
  ] as const)('%j', async ([args, about]) => {
    expectOneSentence(await alcove(...args), about);
  });
});

test('an answer that fails says why on stderr, and where the question is kept', async () => {
  const modelAway = { LLM_BASE_URL: 'http://127.0.0.1:9/v1', LLM_MODEL: 'away' };
  const other = await startTestApp({ env: modelAway, allowErrors: true });
  try {
    const { token, client } = await newPerson(other.baseUrl);
    const failed = await runCli(['ask', 'Herons?'], { ALCOVE_URL: other.baseUrl, ALCOVE_TOKEN: token });
    expect(failed.code).toBe(1);
    expect(failed.stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(failed.stderr).toMatch(/model/);
    const id = /Conversation (\S+)/.exec(failed.stdout)?.[1] ?? '';
    expect((await client.conversations.get(id)).messages[0]?.content).toBe('Herons?');
  } finally {
    await other.close();
  }
});

test('a server that is not there is one sentence that says how to start it', async () => {
  const env = { ALCOVE_URL: 'http://127.0.0.1:9', ALCOVE_TOKEN: person.token };
  expectOneSentence(await runCli(['ask', 'Herons?'], env), /http:\/\/127\.0\.0\.1:9.*npm start/);
  expectOneSentence(await runCli(['upload', join(folder, 'herons.txt')], env), /npm start/);
});

test('a token that is not there, or is wrong, is one sentence', async () => {
  expectOneSentence(await runCli(['ask', 'Herons?'], { ALCOVE_URL: app.baseUrl }), /ALCOVE_TOKEN/);
  const wrong = { ALCOVE_URL: app.baseUrl, ALCOVE_TOKEN: 'nonsense' };
  expectOneSentence(await runCli(['ask', 'Herons?'], wrong), /token/i);
});

test('a reader that has seen enough ends the command without a word', async () => {
  const asked = spawn(process.execPath, ['src/cli/main.ts', 'ask', 'How many nests?'], {
    env: { ...process.env, ALCOVE_URL: app.baseUrl, ALCOVE_TOKEN: person.token },
  });
  asked.stdout.destroy();
  let said = '';
  asked.stderr.on('data', (text) => (said += String(text)));
  const [code] = await once(asked, 'close');
  expect(said).not.toMatch(/EPIPE| {4}at /);
  expect(code).toBe(0);
});
