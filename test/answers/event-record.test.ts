import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { AnswerEvent } from '@alcove/contract';
import { recordOf, replayOf } from '../../src/answers/stream/event-record.ts';
import { newPerson, type Person } from '../support/app.ts';
import { behave } from '../support/provider.ts';
import { answeringApp } from './support/answering-app.ts';
import { askStream, conversationAbout } from './support/asking.ts';
import { messageIdOf, readAll, wireEvents } from './support/wire-events.ts';

describe('the events of a finished answer', () => {
  test('of any deltas come back as they were', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 })), (texts) => {
        const events: AnswerEvent[] = [
          { type: 'waiting', documents: 1, progress: 0.5, names: ['a.pdf'], seconds_left: 9 },
          ...texts.map((text) => ({ type: 'delta' as const, text })),
          { type: 'failed', code: 'unavailable', error: 'Away.', status: 'incomplete' },
        ];
        const numbered = events.map((event, at) => ({ seq: at + 1, event }));
        const text = { content: texts.join(''), sources: [] };
        const record = recordOf(numbered, text);
        expect(record).not.toBeNull();
        if (record !== null) expect(replayOf(record, text)).toEqual(numbered);
      }),
    );
  });

  test('that their message does not account for stay as they are', () => {
    const events = [{ seq: 1, event: { type: 'delta' as const, text: 'a word' } }];
    expect(recordOf(events, { content: 'another', sources: [] })).toBeNull();
    expect(
      recordOf([{ seq: 2, event: events[0]?.event as AnswerEvent }], { content: 'a word', sources: [] }),
    ).toBeNull();
  });
});

describe('in the database', async () => {
  const fact = 'The lighthouse of Marsk was built in 1871.';
  const { provider, app } = await answeringApp();
  let person: Person;
  beforeAll(async () => {
    person = await newPerson((await app()).baseUrl);
  });

  test('are one row that holds neither text nor sources, and replay from anywhere as they were sent', async () => {
    const conversation = await conversationAbout(person, fact);
    provider.script(behave.answer(`It says "${fact}" [1]. So it is old, and it stands to this day.`));
    const sent = await readAll(wireEvents(await askStream(person, conversation, 'When was it built?')));
    const id = messageIdOf(sent);
    const { rows } = await (
      await app()
    ).app.db.pool.query<{ event: string }>('SELECT event FROM answer_events WHERE message_id = $1', [id]);
    expect(rows).toHaveLength(1);
    expect(rows[0]?.event).not.toContain('Marsk');
    for (let after = 0; after < sent.length; after += 1) {
      const response = await person.fetch(`/messages/${id}/stream`, {
        headers: { 'last-event-id': String(after) },
      });
      expect(await readAll(wireEvents(response))).toEqual(sent.slice(after));
    }
  });
});
