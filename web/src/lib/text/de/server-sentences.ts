import { type Said, translator } from '../sentence-patterns.ts';
import { errors } from './errors.ts';
import { accounts } from './sentences/accounts.ts';
import { conversations } from './sentences/conversations.ts';
import { documents } from './sentences/documents.ts';
import { formats } from './sentences/formats.ts';
import { imports } from './sentences/imports.ts';
import { models } from './sentences/models.ts';
import { requests } from './sentences/requests.ts';
import { values } from './sentences/values.ts';

/** What is said in German for each sentence of the server. */
export const serverSentences = {
  ...accounts,
  ...conversations,
  ...documents,
  ...formats,
  ...imports,
  ...models,
  ...requests,
  ...values,
};

export const translate = translator(serverSentences);

/** A server of another version may say what is not known here: then German says what its code means. */
export function sayInGerman(sentence: string, code?: string): Said {
  const known = translate(sentence);
  if (known !== null) return { text: known.text, original: null };
  return {
    text: code === undefined ? '' : (errors.codes[code] ?? errors.codes['internal'] ?? ''),
    original: sentence,
  };
}
