import type { AnswerEvent, Source } from '@alcove/client';

interface Printed {
  answered: boolean;
  /** Null when the question did not get as far as that. */
  conversationId: string | null;
}

/** Prints an answer as it comes, then the sources that it cites. */
export async function printAnswer(events: AsyncIterable<AnswerEvent>): Promise<Printed> {
  let conversationId: string | null = null;
  let sources: Source[] = [];
  const cited = new Set<number>();
  for await (const event of events) {
    if (event.type === 'message') conversationId = event.conversation_id;
    if (event.type === 'sources') sources = event.sources;
    if (event.type === 'delta') process.stdout.write(event.text);
    if (event.type === 'citation' && event.verified) cited.add(event.n);
    if (event.type === 'failed') {
      process.stdout.write('\n');
      process.stderr.write(`${event.error}\n`);
      return { answered: false, conversationId };
    }
  }
  process.stdout.write('\n');
  for (const source of sources.filter(({ n }) => cited.has(n)))
    process.stdout.write(`${describeSource(source)}\n`);
  return { answered: true, conversationId };
}

function describeSource(source: Source): string {
  const place = [source.page === null ? '' : `page ${source.page}`, source.heading.join(' > ')].filter(
    (part) => part !== '',
  );
  return `  [${source.n}] ${source.document_name}${place.length === 0 ? '' : `, ${place.join(', ')}`}`;
}
