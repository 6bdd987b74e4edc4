import { beforeAll, describe, expect, test } from 'vitest';
import { answeringApp } from '../answers/support/answering-app.ts';
import { askJson, historyOf } from '../answers/support/asking.ts';
import { until } from '../answers/support/until.ts';
import { newPerson, type Person } from '../support/app.ts';
import { closedGate } from '../answers/support/gate.ts';
import { behave } from '../support/provider.ts';
import { shareToTakePart, viewOf } from './support/taking-part.ts';

// Requests of who takes part in a conversation, sent again.

const { provider, app } = await answeringApp();
let owner: Person;
let guest: Person;
beforeAll(async () => {
  const { baseUrl } = await app();
  [owner, guest] = [await newPerson(baseUrl), await newPerson(baseUrl)];
});

const shared = (body?: object) => shareToTakePart({ provider, owner, guest }, body);

describe('a repeat with one Idempotency-Key', () => {
  async function repeated(path: string, body: object, key: string) {
    const headers = { 'content-type': 'application/json', 'idempotency-key': key };
    const response = await guest.fetch(path, { method: 'POST', headers, body: JSON.stringify(body) });
    return { status: response.status, text: await response.text() };
  }

  /** The first request has had its effect, and died before it could say so. */
  async function forgetTheEnd(key: string): Promise<void> {
    const { pool } = (await app()).app.db;
    await pool.query('DELETE FROM idempotency_answers WHERE user_id = $1 AND key = $2', [guest.id, key]);
    await pool.query(
      `UPDATE idempotency_keys SET status = NULL, locked_until = now() - interval '1 second'
       WHERE user_id = $1 AND key = $2`,
      [guest.id, key],
    );
  }

  test('writes once, also where the first has died, and not after the end of the link', async () => {
    const { conversation, path, share } = await shared();
    const key = crypto.randomUUID();
    const say = () => repeated(`${path}/messages`, { content: 'Said once.' }, key);
    const answers = [...(await Promise.all([say(), say(), say()])), await say()];
    await forgetTheEnd(key);
    answers.push(await say(), await say());
    expect(answers[0]).toMatchObject({ status: 201, text: expect.stringContaining('Said once.') });
    expect(new Set(answers.map((one) => JSON.stringify(one))).size).toBe(1);
    const said = (await historyOf(owner, conversation)).filter(({ content }) => content === 'Said once.');
    expect(said).toHaveLength(1);
    expect((await repeated(`${path}/messages`, { content: 'Something else.' }, key)).status).toBe(422);
    const { rows } = await (
      await app()
    ).app.db.pool.query('SELECT response FROM idempotency_answers WHERE user_id = $1', [guest.id]);
    expect(JSON.stringify(rows)).not.toContain('Said once.');
    await owner.json('DELETE', `/messages/${said[0]?.id}`);
    expect((await say()).status).toBe(404);
    await owner.json('DELETE', `/shares/${share.id}`);
    expect((await say()).status).toBe(404);
  });

  test.each([false, true])('asks once, whether its answer is streamed: %s', async (stream) => {
    const { conversation, path } = await shared();
    const key = crypto.randomUUID();
    provider.script(behave.answer('["nests"]'), behave.answer('412 nests [1].'));
    const ask = () => repeated(`${path}/query`, { query: 'How many nests once?', stream }, key);
    const answers = [...(await Promise.all([ask(), ask()])), await ask()];
    await forgetTheEnd(key);
    answers.push(await ask(), await ask());
    for (const { status, text } of answers) expect({ status, text }).toMatchObject({ status: 200 });
    const ids = answers.map(({ text }) => /"message_id":\s*"([^"]+)"/.exec(text)?.[1]);
    expect(new Set(ids).size).toBe(1);
    const history = await historyOf(owner, conversation);
    expect(history.filter(({ content }) => content === 'How many nests once?')).toHaveLength(1);
    expect(history.at(-1)?.id).toBe(ids[0]);
  });

  test('of a question that was refused may be another one', async () => {
    const { path } = await shared();
    const key = crypto.randomUUID();
    expect((await repeated(`${path}/messages`, {}, key)).status).toBe(400);
    expect((await repeated(`${path}/messages`, { content: 'Now.' }, key)).status).toBe(201);
  });

  test('stops an answer once, and says the same again', async () => {
    const { conversation, path } = await shared();
    const gate = closedGate();
    provider.script(behave.answer('["nests"]'), behave.answer('Slowly.', { until: gate.opened }));
    const asking = askJson(owner, conversation, 'How many nests, said slowly?');
    const id = await until('the answer is begun', async () => (await viewOf(guest, path)).answering);
    const key = crypto.randomUUID();
    const stop = () => repeated(`${path}/messages/${id}/stop`, {}, key);
    const answers = [await stop(), await stop()];
    gate.open();
    await asking;
    answers.push(await stop());
    for (const { status, text } of answers)
      expect([status, JSON.parse(text)]).toEqual([202, { stopped: true }]);
  });
});
