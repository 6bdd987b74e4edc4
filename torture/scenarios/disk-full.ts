import { execFile } from 'node:child_process';
import { mkdtemp, mkdir, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { newPerson, type Person } from '../../test/support/person.ts';
import type { Figures, Scenario, TortureContext } from '../scenario.ts';
import { type AppHere, startAppHere } from '../support/app-here.ts';
import { mustBe, mustEqual } from '../support/claims.ts';
import { fillEmbedded } from '../support/fill-embedded.ts';
import { historyOf, newConversation } from '../support/people.ts';

const run = promisify(execFile);
const mb = 1024 * 1024;
const fileBytes = mb;
const originalsBytes = 24 * mb;
/** With an embedded database on it, of which an empty one takes some 40 MB. */
const everythingBytes = 112 * mb;

/** The disk is full, and then it is not. */
export const diskFull: Scenario = {
  name: 'disk-full',
  checks: ['P11'],
  promise: 'With a full disk uploads are refused, everything else works, and it recovers by itself',
  protocol:
    'originals (PostgreSQL), or they and the database (embedded), on a file system of 24 or 112 MB, uploads and messages until it is full, then room again, and another start',
  databases: ['pglite', 'postgres'],
  minutes: 3,
  async cannotRun() {
    const folder = await mkdtemp(join(tmpdir(), 'alcove-mount-'));
    try {
      await mount(folder, originalsBytes);
      await run('umount', [folder]);
      return null;
    } catch {
      return 'a file system of a chosen size can be made by root only';
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
  async run(context) {
    const folder = await mkdtemp(join(tmpdir(), 'alcove-full-'));
    const isEmbedded = context.database === 'pglite';
    await mount(folder, isEmbedded ? everythingBytes : originalsBytes);
    try {
      const dataDir = join(folder, 'data');
      await mkdir(dataDir);
      if (isEmbedded)
        return await fillEmbedded(context, dataDir, () => mount(folder, 2 * everythingBytes, 'remount,'));
      // The database is elsewhere: only the originals are on the small disk.
      const here = await startAppHere({ MAX_UPLOAD_MB: '5', DATA_DIR: dataDir });
      try {
        return await fillUp(context, here, dataDir);
      } finally {
        await here.close();
      }
    } finally {
      await run('umount', ['-l', folder]);
      await rm(folder, { recursive: true, force: true });
    }
  },
};

function mount(folder: string, bytes: number, how = ''): Promise<unknown> {
  return run('mount', ['-t', 'tmpfs', '-o', `${how}size=${bytes}`, 'tmpfs', folder]);
}

async function fillUp(context: TortureContext, here: AppHere, dataDir: string): Promise<Figures> {
  const person = await newPerson(here.baseUrl);
  const conversation = await newConversation(person);
  const kept: string[] = [];
  let refused = 0;
  for (let at = 0; at < 40 && refused < 5; at += 1) {
    const { status, text } = await uploadFile(
      person,
      conversation,
      `${at} `.padEnd(fileBytes, `${at} words `),
    );
    if (status === 202) kept.push((JSON.parse(text) as { document: { id: string } }).document.id);
    else {
      mustBe(
        [507, 413, 429, 503].includes(status),
        `an upload to a full disk is answered with ${status}: ${text}`,
      );
      refused += 1;
    }
  }
  mustBe(refused > 0, 'the disk never was full');
  context.say(`${kept.length} kept, ${refused} refused`);
  // The rest goes on.
  const { status } = await person.json('POST', `/conversations/${conversation}/messages`, {
    role: 'user',
    content: 'Still here.',
  });
  mustEqual('a message while the disk is full', status, 201);
  mustEqual('the history', (await historyOf(person, conversation)).length, 1);
  const content = await person.fetch(`/documents/${kept[0]}/content`);
  mustEqual('bytes of an original', (await content.arrayBuffer()).byteLength, fileBytes);
  const { body } = await person.json<{ documents: { id: string; size_bytes: number }[] }>(
    'GET',
    `/conversations/${conversation}/documents?limit=200`,
  );
  mustEqual('documents', body.documents.map(({ id }) => id).toSorted(), kept.toSorted());
  mustBe(
    body.documents.every(({ size_bytes: size }) => size === fileBytes),
    'a document is cut off',
  );
  // Room again: by deleting, as a user would, and by the operator.
  for (const id of kept.slice(0, 5)) await person.json('DELETE', `/documents/${id}`);
  const deadline = performance.now() + 60_000;
  for (;;) {
    const again = await uploadFile(person, conversation, 'Room again. '.repeat(1_000));
    if (again.status === 202) break;
    mustBe(performance.now() < deadline, `an upload is still answered with ${again.status}: ${again.text}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  await writeFile(join(dataDir, 'room'), '');
  const { bavail, bsize } = await statfs(dataDir);
  return {
    'documents before it was full': kept.length,
    'uploads refused': refused,
    'MB free again': Math.round((bavail * bsize) / 2 ** 20),
  };
}

async function uploadFile(
  person: Person,
  conversation: string,
  text: string,
): Promise<{ status: number; text: string }> {
  const form = new FormData();
  form.append('file', new Blob([text]), 'file.txt');
  const response = await person.fetch(`/conversations/${conversation}/documents`, {
    method: 'POST',
    body: form,
  });
  return { status: response.status, text: await response.text() };
}
