import type { Answer, ConversationSummaries, StatisticsOverview } from '@alcove/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { csvLine } from '../../src/http/csv.ts';
import { lastDays } from '../../src/identity/local-days.ts';
import { addText, askJson, newConversation } from '../answers/support/asking.ts';
import { newPerson, type Person, sharedApp } from '../support/app.ts';
import { behave, startProvider } from '../support/provider.ts';

// How statistics are looked at: by days of a time zone, in money, as a table.

const provider = await startProvider();
afterAll(() => provider.close());
const app = sharedApp({
  env: {
    LLM_BASE_URL: provider.baseUrl,
    LLM_MODEL: 'test-chat',
    MODEL_PRICES: 'test-chat=2/8',
    PRICE_CURRENCY: 'EUR',
    TITLES: 'question',
  },
});
let admin: Person;
let person: Person;
beforeAll(async () => {
  const { baseUrl } = await app();
  admin = await newPerson(baseUrl);
  person = await newPerson(baseUrl);
});

describe('days', () => {
  test('are those of the time zone that is asked for', async () => {
    const id = await newConversation(person);
    await person.client.messages.add(id, { role: 'user', content: 'Hello' });
    // 25 hours apart: it is never the same day in both.
    for (const timeZone of ['Pacific/Kiritimati', 'Pacific/Pago_Pago', 'Asia/Kathmandu', 'UTC']) {
      const today = new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' }).format();
      const query = { time_zone: timeZone };
      const overview = await person.client.conversations.overview(query);
      expect(overview.time_zone).toBe(timeZone);
      expect(overview.activity.at(-1)).toMatchObject({ day: today, messages: 1, questions: 1 });
      expect(overview.engagement).toMatchObject({ active_days: 1, last_active_on: today });
      const inside = await person.client.conversations.stats(id, query);
      expect(inside.activity).toEqual(overview.activity);
      expect(inside.engagement).toEqual(overview.engagement);
      expect((await admin.client.people.statistics(query)).days.at(-1)).toMatchObject({
        day: today,
        users: 1,
        messages: 1,
      });
    }
  });

  test('of earlier versions, which knew no hours, count at noon', async () => {
    const who = await newPerson(person.baseUrl);
    const id = await newConversation(who);
    await who.client.messages.add(id, { role: 'user', content: 'Hello' });
    const { pool } = (await app()).app.db;
    await pool.query(
      `UPDATE activity SET day = day - 5, messages = messages + 2, quarter_messages = '[1:1]={1}' WHERE user_id = $1`,
      [who.id],
    );
    const day = new Date(Date.now() - 5 * 86_400_000).toISOString().slice(0, 10);
    const before = new Date(Date.now() - 6 * 86_400_000).toISOString().slice(0, 10);
    const daysIn = async (timeZone: string) => {
      const { activity, engagement } = await who.client.conversations.overview({ time_zone: timeZone });
      expect(engagement).toMatchObject({ active_days: activity.length, last_active_on: day });
      return activity.map((one) => [one.day, one.messages]);
    };
    expect(await daysIn('UTC')).toEqual([[day, 3]]);
    // Just after midnight in London it is still the evening before in New York.
    expect(await daysIn('America/New_York')).toEqual([
      [before, 1],
      [day, 2],
    ]);
  });

  test('of engagement are all that ever were, in that time zone', async () => {
    const who = await newPerson(person.baseUrl);
    const id = await newConversation(who);
    const said = [];
    for (const content of ['One', 'Two', 'Three'])
      said.push((await who.client.messages.add(id, { role: 'user', content })).id);
    const { pool } = (await app()).app.db;
    // In Berlin the first two were said on one day.
    const times = ['2020-02-29T23:30:00Z', '2020-03-01T12:00:00Z', '2021-06-30T22:30:00Z'];
    for (const [at, time] of times.entries())
      await pool.query('UPDATE messages SET created_at = $2 WHERE id = $1', [said[at], time]);
    await pool.query('DELETE FROM activity WHERE user_id = $1', [who.id]);
    for (const time of times) {
      const quarter = new Date(time).getUTCHours() * 4 + Math.floor(new Date(time).getUTCMinutes() / 15) + 1;
      await pool.query(
        `INSERT INTO activity (user_id, day, messages, questions, user_messages, quarter_messages, quarter_questions)
         VALUES ($1, $2::date, 1, 1, 1, array_fill(1, ARRAY[1], ARRAY[$3::int]), array_fill(1, ARRAY[1], ARRAY[$3::int]))`,
        [who.id, time.slice(0, 10), quarter],
      );
    }
    const engagementIn = async (timeZone: string) => {
      const query = { time_zone: timeZone };
      const { engagement, activity } = await who.client.conversations.overview(query);
      expect(activity).toEqual([]);
      expect((await who.client.conversations.stats(id, query)).engagement).toEqual(engagement);
      return [engagement.questions, engagement.active_days, engagement.last_active_on];
    };
    expect(await engagementIn('UTC')).toEqual([3, 3, '2021-06-30']);
    expect(await engagementIn('Europe/Berlin')).toEqual([3, 2, '2021-07-01']);
  });

  test('begin when clocks say so, also where there is no midnight or no such day', () => {
    const chile = lastDays('America/Santiago', 2, new Date('2022-09-11T15:00:00Z'));
    expect(chile.days).toEqual(['2022-09-10', '2022-09-11']);
    expect(chile.bounds.map((one) => one.toISOString())).toEqual([
      '2022-09-10T04:00:00.000Z',
      '2022-09-11T04:00:00.000Z',
      '2022-09-12T03:00:00.000Z',
    ]);
    const samoa = lastDays('Pacific/Apia', 3, new Date('2011-12-31T00:00:00Z'));
    expect(samoa.days).toEqual(['2011-12-29', '2011-12-30', '2011-12-31']);
    expect(samoa.bounds[1]).toEqual(samoa.bounds[2]);
    const kathmandu = lastDays('Asia/Kathmandu', 1, new Date('2026-03-01T00:00:00Z'));
    expect(kathmandu.bounds[0]?.toISOString()).toBe('2026-02-28T18:15:00.000Z');
  });

  test.each(['Nowhere/Land', '+01:00', "UTC'; --", '', 'x'.repeat(65)])(
    'of no known time zone are refused: %s',
    async (zone) => {
      const id = await newConversation(person);
      const query = `time_zone=${encodeURIComponent(zone)}`;
      for (const path of [`/conversations/${id}/stats`, '/conversations/stats/overview'])
        expect((await person.json('GET', `${path}?${query}`)).status).toBe(400);
      expect((await admin.json('GET', `/admin/stats?${query}`)).status).toBe(400);
    },
  );
});

describe('costs', () => {
  test('are tokens by the price of their model, and stay when the conversation goes', async () => {
    const who = await newPerson(person.baseUrl);
    const id = await newConversation(who);
    provider.script(behave.answer('Hello.'));
    const { body } = await askJson(who, id, 'Hello?');
    const { input, output } = body.metadata.tokens;
    const amount = Math.round((input * 2 + output * 8) * 100) / 1e8;
    const cost = { amount, currency: 'EUR' };
    const usage = { cost, models: [{ model: 'test-chat', answers: 1, tokens: { input, output }, cost }] };
    expect(await who.client.conversations.stats(id)).toMatchObject(usage);
    expect((await who.client.conversations.listStats()).conversations).toMatchObject([usage]);
    await who.client.conversations.delete(id, { permanently: true });
    expect(await who.client.conversations.overview()).toMatchObject({
      ...usage,
      usage_by_day: [{ day: new Date().toISOString().slice(0, 10), tokens: { input, output }, cost }],
    });
    expect((await admin.client.people.statistics()).models).toMatchObject([{ model: 'test-chat' }]);
  });

  test('are unknown where one model has no price', async () => {
    const who = await newPerson(person.baseUrl);
    const id = await newConversation(who);
    provider.script(behave.answer('Hello.'));
    await askJson(who, id, 'Hello?');
    const { pool } = (await app()).app.db;
    await pool.query(
      `INSERT INTO model_usage (user_id, day, model, answers, input_tokens) VALUES ($1, current_date, 'secret', 1, 9)`,
      [who.id],
    );
    const { cost, models, usage_by_day: days } = await who.client.conversations.overview();
    expect(cost).toBeNull();
    expect(days).toMatchObject([{ cost: null }]);
    expect(models).toMatchObject([
      { model: 'test-chat', cost: { currency: 'EUR' } },
      { model: 'secret', cost: null },
    ]);
  });
});

describe('every conversation', () => {
  test('comes in pages, and the table holds all of them', async () => {
    const who = await newPerson(person.baseUrl);
    for (let at = 0; at < 15; at += 1) await newConversation(who);
    const page = (query: string) => who.json<ConversationSummaries>('GET', `/conversations/stats?${query}`);
    const first = (await page('limit=12')).body;
    const second = (await page(`limit=12&cursor=${first.next_cursor}`)).body;
    expect(second.next_cursor).toBeNull();
    const all = [...first.conversations, ...second.conversations];
    expect(new Set(all.map((one) => one.conversation_id)).size).toBe(15);
    const table = await linesOf(await who.fetch('/conversations/stats', { headers: { accept: 'text/csv' } }));
    expect(table).toHaveLength(16);
    expect(table[1]?.[0]).toBe(all[0]?.conversation_id);
  });

  test('is counted as its own statistics count it', async () => {
    const who = await newPerson(person.baseUrl);
    const id = await newConversation(who);
    await who.client.messages.add(id, { role: 'user', content: 'And?' });
    await addText(who, id, 'Herons nest in colonies.', 'herons.txt');
    const stats = await who.client.conversations.stats(id);
    expect((await who.client.conversations.listStats()).conversations).toMatchObject([
      {
        messages: stats.total_messages,
        questions: 1,
        unanswered_questions: stats.unanswered_questions.length,
        documents: 1,
        documents_never_cited: stats.documents_never_cited.length,
        chunks: stats.total_chunks,
        bytes: stats.total_bytes,
        cost: { amount: 0, currency: 'EUR' },
      },
    ]);
  });
});

describe('documents never cited', () => {
  test('are those that no answer in the conversation cites, in the list and of the conversation', async () => {
    const who = await newPerson(person.baseUrl);
    const id = await newConversation(who);
    const cited = await addText(who, id, 'Herons nest in colonies.', 'herons.txt');
    const neverCited = async () => {
      const inside = (await who.client.conversations.stats(id)).documents_never_cited.map(({ name }) => name);
      const { conversations } = await who.client.conversations.listStats();
      const listed = conversations.find((one) => one.conversation_id === id)?.documents_never_cited;
      return { inside, listed };
    };
    const none = { inside: ['herons.txt'], listed: 1 };
    expect(await neverCited()).toEqual(none);

    provider.script(behave.answer('Herons nest in colonies [1].'));
    const elsewhere = { query: 'Where do herons nest?', scope: 'all' };
    const { body: there } = await who.json<Answer>('POST', '/rag/query', elsewhere);
    expect(there.conversation_id).not.toBe(id);
    expect(there.sources).toMatchObject([{ document_id: cited.id, verified: true }]);
    expect(await neverCited()).toEqual(none);

    provider.script(behave.answer('Herons nest in colonies [1].'));
    const here = (await askJson(who, id, 'Where do herons nest?')).body;
    expect(here.sources).toMatchObject([{ document_id: cited.id, verified: true }]);
    expect(await neverCited()).toEqual({ inside: [], listed: 0 });

    await who.client.messages.delete(here.message_id);
    expect(await neverCited()).toEqual(none);
  });
});

describe('tables', () => {
  test('hold the figures of the JSON, as a download', async () => {
    const id = await newConversation(person);
    await person.client.messages.add(id, { role: 'user', content: '=HYPERLINK("https://evil.example";"x")' });
    for (const path of ['/conversations/stats/overview', `/conversations/${id}/stats`]) {
      const json = (await person.json<StatisticsOverview>('GET', path)).body;
      const response = await person.fetch(`${path}?format=csv`);
      expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
      expect(response.headers.get('content-disposition')).toMatch(/^attachment/);
      const lines = await linesOf(response);
      expect(lines[0]).toEqual(['group', 'name', 'measure', 'value']);
      expect(lines).toContainEqual(['total_messages', '', '', String(json.total_messages)]);
      const today = json.activity.at(-1);
      expect(lines).toContainEqual(['activity', today?.day, 'messages', String(today?.messages)]);
      expect(lines.flat().filter((cell) => cell.startsWith('='))).toEqual([]);
    }
    const server = await linesOf(await admin.fetch('/admin/stats', { headers: { accept: 'text/csv' } }));
    expect(server.map(([group]) => group)).toContain('queue');
    expect((await person.fetch('/admin/stats?format=csv')).status).toBe(403);
  });

  test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', ' =1', '\u200b=1', '＝1', '\r=1', '|cmd'])(
    'never hold a formula: %j',
    (text) => {
      expect(csvLine([text]).replace(/^"/, '').startsWith("'")).toBe(true);
    },
  );

  test('quote what would end a cell', () => {
    expect(csvLine(['a,b', 'say "x"', 'two\nlines', null, 1.5])).toBe(
      '"a,b","say ""x""","two\nlines",,1.5\r\n',
    );
  });
});

/** As a spreadsheet reads it. */
async function linesOf(response: Response): Promise<string[][]> {
  expect(response.status).toBe(200);
  const text = await response.text();
  return text
    .split('\r\n')
    .slice(0, -1)
    .map((line) =>
      [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) =>
        (quoted ?? plain ?? '').replaceAll('""', '"'),
      ),
    );
}
