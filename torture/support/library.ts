import type { Retrieved } from '@alcove/contract';
import { createRandom } from '../../bench/synthetic/seeded.ts';
import { createTexts } from '../../bench/synthetic/texts.ts';
import { type PassageToEmbed, textToEmbed } from '../../src/documents/embedded-text.ts';
import type { Person } from '../../test/support/person.ts';
import { embedText } from '../../test/support/provider-embeddings.ts';
import { mustBe, mustEqual } from './claims.ts';
import type { AppHere } from './app-here.ts';

/** About as many as a passage has. */
const wordsOfPassage = 180;
const uploadsAtOnce = 4;
const wanted = 10;
/** Similarities that are closer than the stored precision can tell apart are a tie. */
const tie = 0.001;

export interface Library {
  conversation: string;
  passages: number;
  /** A question to one of the documents. */
  question(): string;
}

/** Documents of as many passages each, uploaded and read as any other. @throws BrokenPromise unless all can be searched */
export async function fillLibrary(
  here: AppHere,
  person: Person,
  seed: number,
  { documents, passagesOfEach }: { documents: number; passagesOfEach: number },
): Promise<Library> {
  const { id: conversation } = await person.client.conversations.create();
  const texts = createTexts(seed);
  const random = createRandom(seed);
  const left = Array.from({ length: documents }, (_, at) => at).values();
  const upload = async (): Promise<void> => {
    for (const at of left) {
      const parts = Array.from({ length: passagesOfEach }, () => texts.passage(random, at, wordsOfPassage));
      const { status } = await person.json('POST', `/conversations/${conversation}/documents?wait=vectors`, {
        name: `report-${at}.txt`,
        text: parts.join('\n\n'),
      });
      mustBe(status === 201 || status === 202, `document ${at} is answered with ${status}`);
    }
  };
  await Promise.all(Array.from({ length: uploadsAtOnce }, upload));
  const passages = await readPassages(here, person);
  const { rows } = await here.app.db.pool.query<{ embedded: string }>(
    `SELECT coalesce(sum(d.chunk_count), 0) AS embedded FROM documents d WHERE d.user_id = $1
      AND EXISTS (SELECT 1 FROM segments s WHERE s.user_id = $1 AND s.document_id = d.id AND s.kind LIKE 'vector:%')`,
    [person.id],
  );
  mustEqual('passages with a vector', Number(rows[0]?.embedded), passages.length);
  const question = (): string => texts.question(random, random.below(documents), 6);
  return { conversation, passages: passages.length, question };
}

interface Passage {
  key: string;
  vector: number[];
}

/** Every passage of the person with the vector that the model gives it. */
async function readPassages({ app }: AppHere, { id }: Person): Promise<Passage[]> {
  const { rows } = await app.db.pool.query<PassageToEmbed & { key: string }>(
    `SELECT document_id || '/' || ordinal AS key, heading, prefix, content FROM chunks WHERE user_id = $1`,
    [id],
  );
  return rows.map((row) => ({ key: row.key, vector: embedText(textToEmbed(row)) }));
}

/** Share of the nearest passages, compared with each of them, that a search by meaning finds. */
export async function recallOf(
  here: AppHere,
  person: Person,
  { conversation, question }: Library,
  questions: number,
): Promise<number> {
  const passages = await readPassages(here, person);
  let found = 0;
  for (let at = 0; at < questions; at += 1) {
    const query = question();
    const { status, body } = await person.json<Retrieved>('POST', `/conversations/${conversation}/retrieve`, {
      query,
      strategy: 'vector',
      top_k: wanted,
    });
    mustEqual('retrieval', status, 200);
    const exact = nearest(passages, query);
    const least = exact[wanted - 1]?.similarity ?? 1;
    const similarities = new Map(exact.map(({ key, similarity }) => [key, similarity]));
    found += body.fused
      .slice(0, wanted)
      .filter((hit) => (similarities.get(`${hit.document_id}/${hit.ordinal}`) ?? 0) >= least - tie).length;
  }
  return found / (questions * wanted);
}

/** Some more than are wanted: of those that are equally near, any will do. */
function nearest(passages: readonly Passage[], query: string): { key: string; similarity: number }[] {
  const wantedVector = embedText(query);
  return passages
    .map(({ key, vector }) => ({
      key,
      similarity: vector.reduce((sum, value, at) => sum + value * (wantedVector[at] ?? 0), 0),
    }))
    .toSorted((a, b) => b.similarity - a.similarity)
    .slice(0, wanted * 20);
}
