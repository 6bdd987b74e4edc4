import { beforeAll, describe, expect, test } from 'vitest';
import type { Answer, Chunk } from '@alcove/contract';
import { newPerson, type Person } from '../support/app.ts';
import { behave } from '../support/provider.ts';
import type { ReceivedPrompt } from '../support/provider-behaviours.ts';
import { answeringApp } from './support/answering-app.ts';
import { addText, askStream, beginningOf, historyOf, newConversation } from './support/asking.ts';
import { answerOf, readAll, textOf, type WireEvent, wireEvents } from './support/wire-events.ts';

const ledger = 'The harbour earned 4,310 crowns in spring. Fees for fishing boats were waived in March.';
const survey = 'The harbour basin is nine metres deep. Dredging of the harbour begins in October.';
const { provider, app } = await answeringApp();
let person: Person;
let conversation: string;
let beginning: string;
beforeAll(async () => {
  person = await newPerson((await app()).baseUrl);
  conversation = await newConversation(person);
  await addText(person, conversation, ledger, 'ledger.txt');
  await addText(person, conversation, survey, 'survey.txt');
  beginning = await beginningOf(person, conversation);
});

interface Numbers {
  ledger: number;
  survey: number;
}

/** Under which number the prompt shows each document. */
function numbersIn({ text }: ReceivedPrompt): Numbers {
  const numberOf = (name: string) =>
    Number(new RegExp(`<source n="(\\d+)" document="${name}.txt"`).exec(text)?.[1]);
  return { ledger: numberOf('ledger'), survey: numberOf('survey') };
}

function ask(): Promise<Response> {
  return askStream(person, conversation, 'What is known of the harbour?', { parent_id: beginning });
}

/** Asks a question that finds both documents; the model writes what `write` makes of their numbers. */
async function answerWith(
  write: (n: Numbers) => string,
): Promise<{ events: WireEvent[]; answer: Answer; n: Numbers }> {
  let n: Numbers = { ledger: 0, survey: 0 };
  provider.setDefault(
    behave.answer((prompt) => {
      n = numbersIn(prompt);
      return write(n);
    }),
  );
  const events = await readAll(wireEvents(await ask()));
  expect([n.ledger, n.survey].toSorted()).toEqual([1, 2]);
  return { events, answer: answerOf(events), n };
}

function citationsIn(events: readonly WireEvent[]): { n: number; verified: boolean }[] {
  return events.flatMap(({ data }) =>
    data.type === 'citation' ? [{ n: data.n, verified: data.verified }] : [],
  );
}

describe('a citation', () => {
  test('with a quotation of its source is verified', async () => {
    const { events, answer, n } = await answerWith(
      (n) => `It says "The harbour basin is nine metres deep." [${n.survey}].`,
    );
    expect(answer.answer).toBe(`It says "The harbour basin is nine metres deep." [${n.survey}].`);
    expect(citationsIn(events)).toEqual([{ n: n.survey, verified: true }]);
    expect(answer.sources.map(({ n, verified }) => [n, verified])).toEqual(
      [1, 2].map((at) => [at, at === n.survey]),
    );
  });

  test('of a paraphrase that keeps to its source is verified', async () => {
    const { events, n } = await answerWith(
      (n) => `The basin of the harbour is nine metres deep [${n.survey}].`,
    );
    expect(citationsIn(events)).toEqual([{ n: n.survey, verified: true }]);
  });

  test('of something that its source does not say stays unverified', async () => {
    const { events, answer, n } = await answerWith(
      (n) => `It says "Whales breed below the pier every winter." [${n.survey}].`,
    );
    expect(citationsIn(events)).toEqual([{ n: n.survey, verified: false }]);
    expect(answer.sources.every(({ verified }) => !verified)).toBe(true);
  });

  test.each(['[99]', '[3]', '[999]', '[3, 4]', '[^7]', '[source 12]'])(
    'of no source is dropped, and leaves no hole: %s',
    async (marker) => {
      const { events, answer } = await answerWith(() => `The harbour is busy ${marker}.`);
      expect(answer.answer).toBe('The harbour is busy.');
      expect(citationsIn(events)).toEqual([]);
    },
  );

  test('with the wrong number is moved to the source that holds the quotation', async () => {
    const { events, answer, n } = await answerWith(
      (n) => `It says "The harbour basin is nine metres deep." [${n.ledger}].`,
    );
    expect(answer.answer).toBe(`It says "The harbour basin is nine metres deep." [${n.survey}].`);
    expect(citationsIn(events)).toEqual([{ n: n.survey, verified: true }]);
  });

  test('of several sources at once becomes one marker each', async () => {
    const { events, answer } = await answerWith(() => 'The harbour earned crowns and has a basin [1, 2].');
    expect(answer.answer).toBe('The harbour earned crowns and has a basin [1][2].');
    expect(citationsIn(events).map(({ n }) => n)).toEqual([1, 2]);
  });

  test('of one known and one unknown source keeps the known one', async () => {
    const { events, answer } = await answerWith(
      (n) => `Fees for fishing boats were waived in March [${n.ledger}, 42].`,
    );
    expect(answer.answer).toMatch(/^Fees for fishing boats were waived in March \[\d\]\.$/);
    expect(citationsIn(events)).toHaveLength(1);
  });

  test('cut into tokens is put together again, and no half of it is shown', async () => {
    const piece = (content: string) =>
      JSON.stringify({ id: 'c1', choices: [{ index: 0, delta: { content }, finish_reason: null }] });
    provider.setDefault(behave.event('The harbour basin is nine metres deep [', piece('2'), '] and [99'));
    const cut = await readAll(wireEvents(await ask()));
    expect(textOf(cut)).toBe('The harbour basin is nine metres deep [2] and [99');
    expect(citationsIn(cut)).toHaveLength(1);
    for (const { data } of cut) if (data.type === 'delta') expect(data.text).not.toMatch(/\[$/);
  });

  test('comes behind the text that holds its marker', async () => {
    const { events } = await answerWith(
      (n) => `Nine metres deep, the basin [${n.survey}]. Fees were waived [${n.ledger}].`,
    );
    for (const [at, { data }] of events.entries()) {
      if (data.type === 'citation') expect(textOf(events.slice(0, at))).toContain(`[${data.n}]`);
    }
  });
});

describe('a statement', () => {
  const citationOf = async (write: (n: Numbers) => string) => (await answerWith(write)).answer.citations[0];

  test('with another number than its passage is contradicted', async () => {
    const one = await citationOf((n) => `The harbour earned 4,130 crowns in spring [${n.ledger}].`);
    expect(one).toMatchObject({ verification: 'contradicted' });
  });

  test('that denies what its passage says is contradicted, and so is one that says what it denies', async () => {
    const denied = await citationOf((n) => `Fees for fishing boats were not waived in March [${n.ledger}].`);
    expect(denied).toMatchObject({ verification: 'contradicted' });
  });

  test('with another name or unit is not verified', async () => {
    const name = await citationOf((n) => `Dredging of the Visby harbour begins in October [${n.survey}].`);
    const unit = await citationOf((n) => `The harbour earned $4,310 million in spring [${n.ledger}].`);
    expect([name?.verification, unit?.verification]).not.toContain('verified');
  });

  test('in another language is not contradicted for want of the same words', async () => {
    const one = await citationOf(
      (n) => `Das Hafenbecken ist neun Meter tief, sagt die Vermessung [${n.survey}].`,
    );
    expect(one).toMatchObject({ verification: 'unverified' });
  });

  test('that words leave open is asked of no model unless the settings say so', async () => {
    const { answer } = await answerWith((n) => `Das Hafenbecken ist neun Meter tief [${n.survey}].`);
    expect(answer.metadata.statements).toMatchObject({ unverified: 1 });
    expect(provider.chats).toHaveLength(1);
    expect(await person.client.messages.trace(answer.message_id)).toMatchObject({ citation_check: null });
  });

  test('says where it stands in the answer, and where in the document', async () => {
    const { answer, n } = await answerWith(
      (n) => `Much is known. It says “the harbour ba\u00adsin is nine metres deep” [${n.survey}].`,
    );
    const [one] = answer.citations;
    expect(answer.answer.slice(one?.start, one?.end)).toBe(
      'It says “the harbour ba\u00adsin is nine metres deep” ',
    );
    const source = answer.sources.find((source) => source.n === n.survey);
    const { text } = await person.client.documents.text(source?.document_id ?? '');
    expect(text.slice(one?.quote_start ?? 0, one?.quote_end ?? 0)).toBe(
      'The harbour basin is nine metres deep',
    );
  });

  test('counts by what was found of it, in the answer and in the history', async () => {
    const { answer } = await answerWith(
      (n) =>
        `The harbour basin is nine metres deep [${n.survey}]. Dredging begins in 1999 [${n.survey}]. Whales breed there [${n.ledger}].`,
    );
    const { verified, unverified, contradicted } = answer.metadata.statements!;
    expect([verified, unverified + contradicted]).toEqual([1, 2]);
    const stored = (await historyOf(person, conversation)).at(-1);
    expect(stored?.metadata).toMatchObject({
      citations: answer.citations,
      statements: answer.metadata.statements,
    });
  });

  test('that cites nothing at all is said to rest on nothing', async () => {
    const { answer } = await answerWith(() => 'The harbour is well known.');
    expect(answer.metadata.notices).toContain('No statement of this answer rests on your documents.');
  });
});

describe('a bracket', () => {
  test.each([
    'Read `rows[1]` and `x = [1, 2]` first.',
    'Read it so:\n```js\nconst first = rows[1];\nconst two = [1, 2];\n```\nThat is all.',
    'The interval [0, 1] is closed, x ∈ [1, 2] too.',
    'See [1](https://example.org/one) and the year [2019].',
    'The index row_id[1] and a[2] are code.',
    'The depth is between [10, 20] metres, or between [1, 2] fathoms.',
    'Its bounds are [10, 20], as measured.',
    'Take rows[12] and item[42].',
    'The harbour is busy [^7] and full.\n\n[^7]: See the annex.',
    'The harbour is busy[^7].\n\n[^7]: See the annex.',
    'Read it so:\n~~~js\nprint [1];\n\nprint [2];\n~~~\nThat is all.',
    'Read it so:\n\n    print [1];\n\n    print [2];\n\nThat is all.',
    '[1]: https://example.org/one',
  ])('that is no citation stays as it is: %s', async (text) => {
    const { events, answer } = await answerWith(() => text);
    expect(answer.answer).toBe(text);
    expect(citationsIn(events)).toEqual([]);
  });

  test('in front of a colon is a citation where it begins no line', async () => {
    const { answer } = await answerWith(() => 'It is as in [1]: the harbour has a basin.');
    expect(answer.answer).toBe('It is as in [1]: the harbour has a basin.');
    expect(answer.citations.map(({ n }) => n)).toEqual([1]);
  });

  test('in a paragraph of a list is a citation, however far it is indented', async () => {
    const { answer } = await answerWith(() => '1. The harbour is busy.\n\n    It has a basin [1].');
    expect(answer.citations.map(({ n }) => n)).toEqual([1]);
  });

  test('of a range names each of its sources', async () => {
    const { answer } = await answerWith(() => 'The harbour earned crowns and has a basin [1-2].');
    expect(answer.answer).toBe('The harbour earned crowns and has a basin [1][2].');
  });

  test('of an earlier answer does not reach the model as if it named a source of today', async () => {
    const prompts: string[] = [];
    provider.setDefault(
      behave.answer((prompt) => {
        prompts.push(prompt.text);
        return 'The harbour basin is nine metres deep [1].';
      }),
    );
    const first = answerOf(await readAll(wireEvents(await ask())));
    const body = { parent_id: first.message_id };
    await readAll(
      wireEvents(await askStream(person, conversation, 'How deep is the harbour basin again?', body)),
    );
    expect(prompts.at(-1)).toContain('The harbour basin is nine metres deep.');
    expect(prompts.at(-1)).not.toContain('nine metres deep [1]');
  });
});

describe('what a citation points to', () => {
  test('is a passage of this conversation, with its own words as the excerpt', async () => {
    const { events, answer } = await answerWith(() => 'The harbour earned crowns and has a basin [1, 2].');
    const chunks: Chunk[] = [];
    for (const { document_id: id } of answer.sources)
      chunks.push(...(await person.client.documents.chunks(id)).chunks);
    for (const source of answer.sources) {
      const chunk = chunks.find(({ id }) => id === source.chunk_id);
      const { text } = await person.client.documents.text(source.document_id);
      expect(source.excerpt).toBe(chunk?.content);
      expect(text.slice(source.char_start, source.char_end)).toBe(source.excerpt);
    }
    for (const { data } of events) {
      if (data.type === 'citation')
        expect(data.chunk_id).toBe(answer.sources.find(({ n }) => n === data.n)?.chunk_id);
    }
  });

  test('outlives the document: the excerpt stays, the document is gone', async () => {
    const { answer, n } = await answerWith(
      (n) => `It says "The harbour basin is nine metres deep." [${n.survey}].`,
    );
    const cited = answer.sources.find((source) => source.n === n.survey);
    await person.client.documents.delete(cited?.document_id ?? '');
    const stored = (await historyOf(person, conversation)).at(-1);
    expect(stored?.metadata.search_results.find((source) => source.n === n.survey)?.excerpt).toBe(survey);
    expect((await person.fetch(`/documents/${cited?.document_id}`)).status).toBe(404);
  });
});
