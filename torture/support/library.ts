import type { Retrieved } from '@alcove/contract';
import { createRandom } from '../../bench/synthetic/seeded.ts';
import { createTexts } from '../../bench/synthetic/texts.ts';
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
  const { rows } = await here.app.db.pool.query<{ passages: string; vectors: string }>(
    `SELECT (SELECT count(*) FROM chunks WHERE user_id = $1) AS passages,
      (SELECT count(*) FROM chunk_vectors WHERE user_id = $1) AS vectors`,
    [person.id],
  );
  const passages = Number(rows[0]?.passages);
  mustEqual('passages with a vector', Number(rows[0]?.vectors), passages);
  const question = (): string => texts.question(random, random.below(documents), 6);
  return { conversation, passages, question };
}

/** Share of the nearest passages, by the database's own exact scan, that a search by meaning finds. */
export async function recallOf(
  here: AppHere,
  person: Person,
  { conversation, question }: Library,
  questions: number,
): Promise<number> {
  let found = 0;
  for (let at = 0; at < questions; at += 1) {
    const query = question();
    const { status, body } = await person.json<Retrieved>('POST', `/conversations/${conversation}/retrieve`, {
      query,
      strategy: 'vector',
      top_k: wanted,
    });
    mustEqual('retrieval', status, 200);
    const exact = await nearest(here, person, query);
    const least = exact[wanted - 1]?.similarity ?? 1;
    const similarities = new Map(exact.map(({ key, similarity }) => [key, similarity]));
    found += body.fused
      .slice(0, wanted)
      .filter((hit) => (similarities.get(`${hit.document_id}/${hit.ordinal}`) ?? 0) >= least - tie).length;
  }
  return found / (questions * wanted);
}

/** Some more than are wanted: of those that are equally near, any will do. */
async function nearest(
  { app }: AppHere,
  { id }: Person,
  query: string,
): Promise<{ key: string; similarity: number }[]> {
  const { rows } = await app.db.pool.query<{ key: string; similarity: number }>(
    `SELECT document_id || '/' || ordinal AS key, 1 - (embedding <=> $2::halfvec) AS similarity
     FROM chunk_vectors WHERE user_id = $1 ORDER BY embedding <=> $2::halfvec LIMIT $3`,
    [id, JSON.stringify(embedText(query)), wanted * 20],
  );
  return rows;
}
