import type { Retrieved, Strategy } from '@alcove/contract';
import { ConversationScope } from '../../src/conversations/scope.ts';
import type { Database } from '../../src/db/database.ts';
import { UserScope } from '../../src/identity/user-scope.ts';
import type { Retrieval } from '../../src/retrieval/result.ts';
import { createRetriever } from '../alcove/retriever.ts';
import type { Collection } from '../synthetic/collection.ts';
import type { AlcoveLoader } from '../load/alcove.ts';
import { alternate, median, timed } from '../measure.ts';
import type { BenchOptions } from '../options.ts';
import type { BulkConversation, NumberedText, Peer } from '../peers/peer.ts';
import { round, type Table } from '../report.ts';
import { type HttpCaller, type Person, signIn } from '../server/people.ts';
import type { BenchServer } from '../server/start.ts';
import { type AskedQuery, compare, type Contender } from './compare.ts';
import { openLimit } from './exact.ts';
import type { Flat } from './flat.ts';
import type { Plan } from './plan.ts';

const topK = 10;
const queriesPerSize = 40;

export interface Bench {
  options: BenchOptions;
  plan: Plan;
  collection: Collection;
  measured: readonly BulkConversation[];
  db: Database;
  server: BenchServer;
  caller: HttpCaller;
  person: Person;
  loader: AlcoveLoader;
  peers: readonly Peer[];
  flat: Flat;
}

export async function* compareAll(bench: Bench): AsyncGenerator<Table> {
  const { options, plan, collection, measured } = bench;
  const queries = new Map<number, AskedQuery[]>();
  for (const { size } of plan.classes) {
    const conversations = measured.filter((one) => one.size === size);
    queries.set(
      size,
      Array.from({ length: queriesPerSize }, (_, at) =>
        ask(collection, conversations[at % conversations.length]!),
      ),
    );
  }
  const all = [...queries.values()].flat();
  await bench.server.setEmbeddings(new Map(all.map(({ text, vector }) => [text, vector])));
  const person = await signIn(bench.caller, bench.person);
  const retriever = createRetriever(bench.db, plan.dimensions);
  const limit = openLimit(measured);
  const user = UserScope.grant(person.id);
  const scopeOf = (conversation: BulkConversation): ConversationScope =>
    ConversationScope.ofOwnRow(user, { userId: person.id, conversationId: conversation.id });

  const inProcess = (strategy: Strategy): Contender => ({
    name: 'Alcove, in process',
    search: (query) => retriever(scopeOf(query.conversation), query, strategy, topK),
    numbersOf: (_, found) =>
      (found as Retrieval).results.map((chunk) => bench.loader.numberOf(chunk.documentId, chunk.ordinal)),
  });
  const overHttp = (strategy: Strategy, trace: boolean): Contender => ({
    name: `Alcove over HTTP${trace ? ', with its trace' : ''}`,
    search(query) {
      const body = { query: query.text, strategy, top_k: topK, trace };
      return bench.caller.json(
        'POST',
        `/conversations/${query.conversation.id}/retrieve`,
        person.token,
        body,
      );
    },
    numbersOf: (query, found) =>
      (found as Retrieved).results.map((chunk) => numberOfText(query.conversation, chunk.content)),
  });

  const rounds = options.number('rounds', options.quick ? 3 : 6);
  yield await firstQueries(bench, queries, scopeOf);
  for (const [size, asked] of queries) {
    const about = `${size.toLocaleString('en-US')} chunks in the conversation, ${plan.dimensions} dimensions`;
    const vectorPeers = bench.peers.map((peer): Contender => ({
      name: peer.name,
      search: (query) => peer.nearest(query.conversation, query.vector, topK),
      numbersOf: (_, found) => found as number[],
      ...twoClientsOf(peer, 'nearest'),
    }));
    const hybridPeers = bench.peers.flatMap((peer): Contender[] => {
      const { hybrid } = peer;
      if (hybrid === undefined) return [];
      const numbersOf: Contender['numbersOf'] = (_, found) =>
        (found as NumberedText[]).map((hit) => hit.number);
      return [
        {
          name: peer.name,
          search: (query) => hybrid(query.conversation, query.text, query.vector, topK),
          numbersOf,
          ...twoClientsOf(peer, 'hybrid'),
        },
      ];
    });
    const scan = {
      name: 'scan in memory, no database',
      run: (at: number) =>
        limit(asked[at % asked.length]!.conversation, asked[at % asked.length]!.vector, 100),
    };
    const shared = { queries: asked, topK, rounds, base: 'Alcove, in process' };
    yield await compare([inProcess('vector'), overHttp('vector', false), ...vectorPeers], {
      ...shared,
      title: `vectors alone: ${about}`,
      limit: scan,
    });
    yield await compare(
      [inProcess('rrf_fusion'), overHttp('rrf_fusion', false), overHttp('rrf_fusion', true), ...hybridPeers],
      {
        ...shared,
        title: `hybrid with content: ${about}`,
      },
    );
  }
  yield await flatTable(bench, queries, rounds);

  async function flatTable(
    given: Bench,
    asked: ReadonlyMap<number, AskedQuery[]>,
    rounds: number,
  ): Promise<Table> {
    const size = 5000;
    const conversation = given.measured.find((one) => one.size === size);
    if (conversation === undefined) throw new Error('no conversation of 5,000 chunks');
    const few = await given.flat.fill(conversation);
    const own = (asked.get(size) ?? []).filter((query) => query.conversation === conversation);
    const samples = await alternate(
      [
        {
          name: 'beside 10,000 other chunks',
          run: (at) => few.retriever(few.scope, own[at % own.length]!, 'rrf_fusion', topK),
        },
        {
          name: 'beside all others',
          run: (at) => retriever(scopeOf(conversation), own[at % own.length]!, 'rrf_fusion', topK),
        },
      ],
      { rounds: 2 * rounds, perRound: 20 },
    );
    const base = median(samples['beside 10,000 other chunks'] ?? []);
    const rows = Object.entries(samples).map(([what, times]) => ({
      what,
      p50_ms: round(median(times)),
      ratio: round(median(times) / base),
    }));
    return {
      title: 'hybrid in the same conversation of 5,000 chunks',
      rows,
      notes: ['Target: a ratio of at most 1.2.'],
    };
  }
}

function twoClientsOf(peer: Peer, kind: 'nearest' | 'hybrid'): Pick<Contender, 'twoClients'> {
  const { twoClients } = peer;
  if (twoClients === undefined) return {};
  return {
    twoClients(queries, ms) {
      const questions = queries.map(({ conversation, text, vector }) => ({
        place: conversation.place,
        text,
        vector,
      }));
      return twoClients(kind, questions, topK, ms);
    },
  };
}

function ask(collection: Collection, conversation: BulkConversation): AskedQuery {
  return { ...collection.query(conversation.documents), conversation };
}

/** So many first questions at least are asked of each size: again with another empty cache where there are fewer. */
const firstQuestions = 12;

/** The first question to a conversation loads its segments. */
async function firstQueries(
  bench: Bench,
  queries: ReadonlyMap<number, AskedQuery[]>,
  scopeOf: (conversation: BulkConversation) => ConversationScope,
): Promise<Table> {
  const rows: Table['rows'] = [];
  for (const [size, asked] of queries) {
    const times: number[] = [];
    const firsts = [...new Map(asked.map((query) => [query.conversation, query])).values()];
    while (times.length < firstQuestions) {
      const ask = createRetriever(bench.db, bench.plan.dimensions);
      for (const query of firsts) {
        const { ms } = await timed(() => ask(scopeOf(query.conversation), query, 'rrf_fusion', topK));
        times.push(ms);
      }
    }
    rows.push({
      chunks: size,
      best_ms: round(Math.min(...times)),
      p50_ms: round(median(times)),
      questions: times.length,
      conversations: firsts.length,
    });
  }
  return { title: `Alcove, the first question to a conversation (${bench.db.kind})`, rows };
}

function numberOfText(conversation: BulkConversation, content: string): number {
  let number = conversation.first;
  for (const { chunks } of conversation.documents) {
    const at = chunks.findIndex((chunk) => chunk.text === content);
    if (at >= 0) return number + at;
    number += chunks.length;
  }
  return Number.NaN;
}
