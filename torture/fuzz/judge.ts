import type { Reply } from '../support/app-here.ts';
import { mustBe } from '../support/claims.ts';
import { isName, type Reader, wordsIn } from './canaries.ts';
import { type Place, wordsFor } from './view.ts';
import type { World } from './world.ts';

/**
 * No answer, of whatever status, shows a word that is not this reader's to see here. `also`: what the request itself says.
 * @returns how many words it shows
 */
export function judgeWords(
  world: World,
  reader: Reader,
  place: Place,
  reply: Pick<Reply, 'status' | 'text' | 'headers'>,
  what: string,
  also: readonly string[] = [],
): number {
  const headers = Object.values(reply.headers).flatMap((value) => wordsIn(String(value)));
  const seen = [...wordsIn(reply.text), ...headers];
  if (seen.length === 0) return 0;
  const allowed = wordsFor(world, reader, place);
  for (const word of seen) {
    const isOfPeople = place.kind === 'people' && reader.userId === world.admin.id && isName(word);
    const isAllowed = isOfPeople || allowed.has(word) || also.includes(word);
    mustBe(
      isAllowed,
      () => `${what} (${reply.status}) shows ${word} of ${whereIs(world, word)}: ${reply.text.slice(0, 400)}`,
    );
  }
  return seen.length;
}

/** What the model knows of a word. */
function whereIs({ conversations, documents, links, organisers, keys }: World, word: string): string {
  const found = [...conversations, ...documents, ...organisers, ...keys]
    .map((one) => JSON.stringify(one))
    .filter((text) => text.includes(word));
  const shown = links
    .filter((one) => JSON.stringify(one.shown).includes(word))
    .map(({ id }) => `the link ${id}`);
  return [...found, ...shown].join('; ').slice(0, 1200) || 'nothing that the model knows of';
}
