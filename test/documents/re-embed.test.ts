import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { countUnembedded } from '../../src/documents/stale-store.ts';
import { servingModel } from '../../src/documents/serving-model.ts';
import { addText, askJson, newConversation } from '../answers/support/asking.ts';
import { until } from '../answers/support/until.ts';
import { newPerson, type Person, personOf, startTestApp, type TestApp } from '../support/app.ts';
import { childFlags } from '../support/child-environment.ts';
import { isFullRun } from '../support/full-run.ts';
import { behave, startProvider } from '../support/provider.ts';
import {
  embeddedTexts,
  embeddingRequests,
  longText,
  readDocument,
  startText,
  storedIndex,
} from './support/embedded-documents.ts';

const [before, after] = ['old-embedding', 'new-embedding'];
const provider = await startProvider();
afterAll(() => provider.close());
beforeEach(() => provider.reset());
const withModel = (model: string) => ({ EMBEDDING_BASE_URL: provider.baseUrl, EMBEDDING_MODEL: model });

/** Complete vectors are in the segment alone. */
const done = (model: string) => ({ model, vectors: {}, segments: ['blocks', 'keyword', `vector:${model}`] });

/** Runs the work on a server of the same data with other settings, and stops that server. */
async function restarted<T>(
  like: TestApp,
  env: Record<string, string>,
  work: (app: TestApp) => Promise<T>,
): Promise<T> {
  const app = await startTestApp({ like, env });
  try {
    return await work(app);
  } finally {
    await app.close();
  }
}

function at(app: TestApp, person: Person): Person {
  return personOf(app.baseUrl, person.token, person);
}

async function untilSwitched(app: TestApp, documentId: string, model: string): Promise<void> {
  await until(
    `the document is of ${model}`,
    async () => (await storedIndex(app, documentId)).model === model,
    40_000,
  );
}

// Each starts three servers.
describe('after a change of the embedding model', { timeout: 120_000 }, () => {
  test('a conversation is served by its old vectors until its new ones are complete, and then by those alone', async () => {
    const first = await startTestApp({ env: withModel(before) });
    try {
      const person = await newPerson(first.baseUrl);
      const [id, other] = [await newConversation(person), await newConversation(person)];
      const one = await addText(person, id, 'The lighthouse of Marsk was built in 1871.', 'one.txt');
      const two = await addText(person, id, 'The harbour of Marsk was dredged in 1902.', 'two.txt');
      const third = await addText(person, other, 'Ada Holm keeps the light.', 'third.txt');
      expect(await storedIndex(first, one.id)).toEqual(done(before));
      await first.stop();

      // The first document's vectors come, the next request never answers.
      provider.reset();
      provider.scriptEmbeddings(null, behave.hang());
      await restarted(first, withModel(after), async (app) => {
        await until('the second request is under way', () => embeddingRequests(provider, after).length === 2);
        expect(await countUnembedded(app.app.db, after)).toEqual({ documents: 3, chunks: 3 });
        const held = await Promise.all([one, two].map(({ id: document }) => storedIndex(app, document)));
        expect(held.map(({ segments }) => segments.includes(`vector:${before}`))).toEqual([true, true]);
        const { body } = await askJson(at(app, person), id, 'When was the lighthouse built?', { top_k: 5 });
        expect(body.metadata.legs).toContain('keyword');
        expect(body.sources[0]?.document_name).toBe('one.txt');
      });

      provider.reset();
      await restarted(first, withModel(after), async (app) => {
        for (const { id: document } of [one, two, third]) await untilSwitched(app, document, after);
        for (const { id: document } of [one, two, third])
          expect(await storedIndex(app, document)).toEqual(done(after));
        // What was stored before the stop was not asked for again.
        expect(embeddedTexts(provider, after)).toHaveLength(2);
        const { body } = await askJson(at(app, person), id, 'When was the lighthouse built?', {
          strategy: 'vector',
          top_k: 5,
        });
        expect(body.metadata.legs).toEqual(['vector']);
        expect(body.sources[0]?.document_name).toBe('one.txt');
        expect(await countUnembedded(app.app.db, after)).toEqual({ documents: 0, chunks: 0 });
        expect((await readDocument(at(app, person), one.id)).stage_message).toBeNull();
        const left = await app.app.db.pool.query('SELECT count(*) AS left FROM work');
        expect(left.rows).toEqual([{ left: 0 }]);
      });
    } finally {
      await first.close();
    }
  });

  test('a change back before the end leaves the old vectors and nothing of the new ones', async () => {
    const first = await startTestApp({ env: withModel(before) });
    try {
      const person = await newPerson(first.baseUrl);
      const id = await newConversation(person);
      const document = await startText(person, id, longText(160));
      const { chunk_count: count } = await until(
        'the document is ready',
        async () => {
          const row = await readDocument(person, document.id);
          return row.vectors_ready && row;
        },
        30_000,
      );
      await first.stop();
      provider.reset();
      provider.scriptEmbeddings(null, null, null, null, behave.hang());
      await restarted(first, withModel(after), async (app) => {
        await until(
          'a step is stored',
          async () => (await storedIndex(app, document.id)).vectors[after] === 128,
        );
        const { status, stage_message: stage } = await readDocument(at(app, person), document.id);
        expect(status).toBe('ready');
        expect(stage).toBe(`new vectors: ${Math.floor(12_800 / count)} %`);
      });
      provider.reset();
      await restarted(first, withModel(before), async (app) => {
        await until(
          'the new vectors are gone',
          async () => (await storedIndex(app, document.id)).vectors[after] === undefined,
        );
        expect(await storedIndex(app, document.id)).toEqual(done(before));
        expect((await readDocument(at(app, person), document.id)).stage_message).toBeNull();
        expect(embeddingRequests(provider, before)).toEqual([]);
      });
    } finally {
      await first.close();
    }
  });

  // One that is stopped in the middle is above.
  test.runIf(isFullRun)('a worker that is killed in the middle is followed by one that goes on', async () => {
    const first = await startTestApp({ env: withModel(before) });
    try {
      const person = await newPerson(first.baseUrl);
      const document = await startText(person, await newConversation(person), longText(160));
      const { chunk_count: count } = await until(
        'the document is ready',
        async () => {
          const row = await readDocument(person, document.id);
          return row.vectors_ready && row;
        },
        30_000,
      );
      await first.stop();
      provider.reset();
      provider.scriptEmbeddings(null, null, null, null, behave.hang());
      const worker = spawn(process.execPath, [...childFlags, 'src/main.ts'], {
        env: { ...process.env, ...first.env, ...withModel(after), ROLE: 'all' },
        stdio: 'ignore',
      });
      await until(
        'the second step is under way',
        () => embeddingRequests(provider, after).length >= 5,
        40_000,
      );
      worker.kill('SIGKILL');
      await once(worker, 'exit');

      provider.reset();
      await restarted(first, withModel(after), async (app) => {
        expect((await storedIndex(app, document.id)).vectors).toEqual({ [after]: 128 });
        // Its lease would run out by itself in half a minute.
        await app.app.db.pool.query(`UPDATE work SET due_at = now()`);
        await untilSwitched(app, document.id, after);
        expect(await storedIndex(app, document.id)).toEqual(done(after));
        expect(embeddedTexts(provider, after)).toHaveLength(count - 128);
      });
    } finally {
      await first.close();
    }
  });

  test('documents that never had vectors get them, and each text of a user is embedded once', async () => {
    const first = await startTestApp();
    try {
      const person = await newPerson(first.baseUrl);
      const text = 'The lighthouse of Marsk was built in 1871.';
      const one = await addText(person, await newConversation(person), text);
      const two = await addText(person, await newConversation(person), text);
      expect(await storedIndex(first, one.id)).toEqual({
        model: null,
        vectors: {},
        segments: ['blocks', 'keyword'],
      });
      await first.stop();
      await restarted(first, withModel(after), async (app) => {
        for (const { id } of [one, two]) await untilSwitched(app, id, after);
        expect(embeddedTexts(provider, after)).toHaveLength(1);
      });
      // Another length of the same model is another model.
      await restarted(first, { ...withModel(after), EMBEDDING_DIMENSIONS: '64' }, async (app) => {
        await untilSwitched(app, one.id, `${after}@64`);
        expect(await storedIndex(app, one.id)).toEqual(done(`${after}@64`));
      });
    } finally {
      await first.close();
    }
  });

  test('a model that fails leaves the old vectors in place and is tried again later', async () => {
    const first = await startTestApp({ env: withModel(before) });
    try {
      const person = await newPerson(first.baseUrl);
      const id = await newConversation(person);
      const document = await addText(person, id, 'The lighthouse of Marsk was built in 1871.');
      await first.stop();
      provider.reset();
      provider.scriptEmbeddings(behave.unauthorized());
      await restarted(first, withModel(after), async (app) => {
        await until('the failure is logged', () =>
          app.logs.some((line) => line.includes('keeps the one that it has')),
        );
        expect(await storedIndex(app, document.id)).toEqual(done(before));
        const { body } = await askJson(at(app, person), id, 'When was the lighthouse built?', { top_k: 5 });
        expect(body.sources).toHaveLength(1);
      });
    } finally {
      await first.close();
    }
  });
});

describe('the model that serves a conversation', () => {
  const of = (embeddingModel: string | null, chunkCount: number) => ({ embeddingModel, chunkCount });
  test.each([
    ['none without vectors', [of(null, 5)], null],
    ['the only one', [of('old', 1), of(null, 50)], 'old'],
    ['the one of most passages', [of('old', 10), of('new', 3), of('new', 4)], 'old'],
    ['the configured one at a tie', [of('old', 3), of('new', 3)], 'new'],
  ])('is %s', (_name, documents, expected) => {
    expect(servingModel(documents, 'new')).toBe(expected);
    expect(servingModel(documents.toReversed(), 'new')).toBe(expected);
  });
});
