import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { change, kindsOfChange, prepareGround } from '../../torture/support/changes.ts';
import { fetchesHere, startPage } from '../../torture/support/changes/page.ts';
import { startAppHere } from '../../torture/support/app-here.ts';
import { addText, askJson, newConversation } from '../answers/support/asking.ts';
import { until } from '../answers/support/until.ts';
import { isDistributed } from '../support/database-kind.ts';
import { newPerson } from '../support/person.ts';
import { behave, startProvider } from '../support/provider.ts';

/** PostgreSQL plans a prepared statement without its values from the sixth time on. */
const rounds = 8;

describe.skipIf(!isDistributed())('a statement that is prepared for long', { timeout: 300_000 }, () => {
  test('renews the lease of an answer as often as the first time', async () => {
    const provider = await startProvider();
    const env = {
      DATABASE_POOL_SIZE: '1',
      LEASE_S: '4',
      LLM_BASE_URL: provider.baseUrl,
      LLM_MODEL: 'test-chat',
    };
    const here = await startAppHere(env);
    try {
      const person = await newPerson(here.baseUrl);
      provider.setDefault(behave.answer('Slowly, word for word.', { until: pause(14_000) }));
      const { body } = await askJson(person, await newConversation(person), 'Where does it stand?');
      expect(body).toMatchObject({ answer: 'Slowly, word for word.', status: 'complete' });
      expect(here.faults).toEqual([]);
    } finally {
      await here.close();
      await provider.close();
    }
  });

  test('still asks one machine', async () => {
    // One connection, so that each statement is prepared once.
    const page = await startPage();
    const here = await startAppHere({ DATABASE_POOL_SIZE: '1', TRUST_PROXY: '1', ...fetchesHere });
    try {
      const person = await newPerson(here.baseUrl);
      const ground = await prepareGround(person, page.url);
      for (let round = 0; round < rounds; round += 1) {
        for (const kind of kindsOfChange) await (await change(kind, person, ground))(person);
        const conversation = await newConversation(person);
        await addText(
          person,
          conversation,
          `The heron colony of round ${round} held ${400 + round} nests: O'Brien\\'s count.`,
        );
        const { body } = await askJson(person, conversation, 'How many nests did the heron colony hold?');
        expect(JSON.stringify(body)).toContain(`held ${400 + round} nests`);
        await until(
          'it is found by its words',
          async () => {
            const found = await person.json<{ results: unknown[]; indexing: boolean }>(
              'GET',
              `/search?q=brien+${400 + round}`,
            );
            expect(found.status).toBe(200);
            return found.body.results.length > 0 && !found.body.indexing;
          },
          30_000,
        );
      }
      expect(here.faults).toEqual([]);
    } finally {
      await here.close();
      await page.close();
    }
  });
});
