import { beforeAll, expect, test } from 'vitest';
import { newPerson, type Person } from '../support/app.ts';
import { behave } from '../support/provider.ts';
import { answeringApp } from './support/answering-app.ts';
import { addText, askJson, newConversation } from './support/asking.ts';

const { provider, app } = await answeringApp({ LLM_CONTEXT_WINDOW: '4096' });
let person: Person;
beforeAll(async () => {
  person = await newPerson((await app()).baseUrl);
});

const sentence = (at: number): string =>
  `In week ${at} the fleet of Norum landed ${100 + at} tonnes of herring. `;
const sentences = (count: number): string => Array.from({ length: count }, (_, at) => sentence(at)).join('');
/** Several passages; whole it takes about half of the window. */
const small = `${sentences(75)}The last word is KESTREL.`;
const large = `${sentences(400)}The last word is MERLIN.`;

test('a document that is given whole is whole at every turn, and the trace says why', async () => {
  const id = await newConversation(person);
  await addText(person, id, small, 'small.txt');
  for (let turn = 1; turn <= 3; turn += 1) {
    provider.reset();
    provider.script(...(turn === 1 ? [] : [behave.answer('["herring of Norum"]')]));
    provider.setDefault(behave.answer('A long answer about the fleet. '.repeat(60)));
    const { body } = await askJson(person, id, `What was landed in week ${turn}?`);
    const asked = (await provider.chat(turn === 1 ? 1 : 2)).prompt?.messages.at(-1)?.content ?? '';
    expect(asked).toContain('In week 0 the fleet');
    expect(asked).toContain('The last word is KESTREL.');
    const trace = await person.client.messages.trace(body.message_id);
    expect(trace.documents).toMatchObject([{ document_name: 'small.txt', given: 'whole', why: 'small' }]);
    expect(trace.context.every(({ dropped }) => dropped === null)).toBe(true);
  }
});

test('beside a long system message it is whole, or searched and called so', async () => {
  const given = new Set<string>();
  // Around the size that fits beside it.
  for (const weeks of [50, 88, 100]) {
    const id = await newConversation(person);
    await addText(person, id, `${sentences(weeks)}The last word is KESTREL.`, 'some.txt');
    await person.client.messages.add(id, { role: 'system', content: `Be brief. ${'words '.repeat(965)}` });
    const before = provider.chats.length;
    const { body } = await askJson(person, id, 'What was landed in week 1?');
    const { text } = (await provider.chat(before + 1)).prompt!;
    expect(text).toContain('Be brief.');
    const [document] = (await person.client.messages.trace(body.message_id)).documents;
    given.add(document!.given);
    if (document!.given === 'whole')
      expect(`${weeks} ${text.includes('In week 0 the') && text.includes('KESTREL')}`).toBe(`${weeks} true`);
  }
  expect([...given].toSorted()).toEqual(['passages', 'whole']);
});

test('one that does not fit whole is searched, although it is set to be read whole, and both are told', async () => {
  const id = await newConversation(person);
  const document = await addText(person, id, large, 'large.txt');
  await person.client.documents.update(document.id, { context_mode: 'full' });
  const { body } = await askJson(person, id, 'What was landed in week 7?');
  expect(body.metadata.notices.join('\n')).toMatch(/"large.txt" is set to be read whole/);
  const trace = await person.client.messages.trace(body.message_id);
  expect(trace.documents).toMatchObject([{ document_name: 'large.txt', given: 'passages', why: 'too_long' }]);
});
