import {
  addCitation,
  type Answer,
  type AnswerEvent,
  type Citation,
  type Source,
  type Verification,
} from '@alcove/client';
import { noLanguageModel, noSemanticSearch } from '../models/notices.ts';

interface Printed {
  answered: boolean;
  /** Null when the question did not get as far as that. */
  conversationId: string | null;
}

/** Prints an answer as it comes, then the sources that it cites and how its citations were judged; what is about it goes to stderr. */
export async function printAnswer(events: AsyncIterable<AnswerEvent>): Promise<Printed> {
  let conversationId: string | null = null;
  let sources: Source[] = [];
  let answer: Answer | null = null;
  const citations: Citation[] = [];
  const waiting = createWaitingLine();
  for await (const event of events) {
    if (event.type === 'waiting') waiting.show(event);
    else waiting.end();
    if (event.type === 'message') conversationId = event.conversation_id;
    if (event.type === 'sources') sources = event.sources;
    if (event.type === 'delta') process.stdout.write(event.text);
    if (event.type === 'citation') addCitation(citations, event);
    if (event.type === 'done') answer = event.answer;
    if (event.type === 'failed') {
      process.stdout.write('\n');
      process.stderr.write(`${event.error}\n`);
      return { answered: false, conversationId };
    }
  }
  process.stdout.write('\n');
  for (const source of sources) {
    const own = citations.filter(({ n }) => n === source.n);
    const states = new Set(own.map(({ verification }) => verification));
    if (states.size > 0) process.stdout.write(`${describeSource(source, states)}\n`);
  }
  if (answer !== null) printAbout(answer);
  return { answered: true, conversationId };
}

const allStates = ['verified', 'unverified', 'contradicted'] as const;

function describeSource(source: Source, states: ReadonlySet<Verification>): string {
  const place = [
    source.document_name,
    ...(source.page === null ? [] : [`page ${source.page}`]),
    ...(source.heading.length === 0 ? [] : [source.heading.join(' > ')]),
  ].join(', ');
  const found = [
    ...allStates.filter((state) => states.has(state)),
    ...(source.ocr === true ? ['text recognition'] : []),
  ].join(', ');
  return `  [${source.n}] ${place} (${found})`;
}

/** How many statements were judged how, and notices; not what the server says of its settings at every answer. */
function printAbout({ metadata: { statements, notices } }: Answer): void {
  if (statements !== null && allStates.some((state) => statements[state] > 0)) {
    const counts = allStates.flatMap((state) =>
      statements[state] > 0 ? [`${statements[state]} ${state}`] : [],
    );
    process.stderr.write(`Statements that cite: ${counts.join(', ')}\n`);
  }
  for (const notice of notices)
    if (notice !== noLanguageModel && notice !== noSemanticSearch) process.stderr.write(`${notice}\n`);
}

type Waiting = Extract<AnswerEvent, { type: 'waiting' }>;

/** How far the files are that the answer waits for: one line that changes on a terminal, elsewhere one for each number of files. */
function createWaitingLine(): { show(event: Waiting): void; end(): void } {
  let shown = 0;
  return {
    show({ documents, names, progress, seconds_left: seconds }) {
      const more = documents - names.length;
      const files = `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
      const text = `Reading ${files}, ${Math.round(progress * 100)} % (waiting ${seconds} s more at most)`;
      if (process.stderr.isTTY) process.stderr.write(`\r\u001b[2K${text}`);
      else if (documents !== shown) process.stderr.write(`${text}\n`);
      shown = documents;
    },
    end() {
      if (shown > 0 && process.stderr.isTTY) process.stderr.write('\r\u001b[2K');
      shown = 0;
    },
  };
}
