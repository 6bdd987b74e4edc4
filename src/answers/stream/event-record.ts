import type { Answer, AnswerEvent, Source } from '@alcove/contract';
import type { NumberedEvent } from './running.ts';

/**
 * All events of a finished answer in one: what stands in its message is not kept a second time. A number is a delta of
 * so many UTF-16 units of the text; sources and the last answer are made of the message again.
 */
export interface EventRecord {
  type: 'record';
  events: (number | Citation | 'sources' | Done | Kept)[];
}

type Citation =
  | [
      n: number,
      state: 0 | 1 | 2,
      start: number,
      end: number,
      quoteStart: number | null,
      quoteEnd: number | null,
    ]
  /** As they were kept before statements had places. */
  | [n: number, verified: 0 | 1];
const states = ['unverified', 'verified', 'contradicted'] as const;
const stateNumbers = { unverified: 0, verified: 1, contradicted: 2 } as const;

type Done = { type: 'done'; answer: Omit<Answer, 'answer' | 'sources'> };
type Kept = Extract<AnswerEvent, { type: 'message' | 'waiting' | 'failed' }>;

/** What of a finished answer its message holds. */
export interface AnswerText {
  content: string;
  sources: readonly Source[];
}

/** Null for events that their message does not account for: those stay as they are. */
export function recordOf(events: readonly NumberedEvent[], text: AnswerText): EventRecord | null {
  if (events.some(({ seq }, at) => seq !== at + 1)) return null;
  const record: EventRecord = { type: 'record', events: events.map(({ event }) => shorten(event)) };
  const replayed = JSON.stringify(replayOf(record, text));
  return replayed === JSON.stringify(events.map(normalised)) ? record : null;
}

/** The events as they were sent, numbered from 1. */
export function replayOf({ events }: EventRecord, { content, sources }: AnswerText): NumberedEvent[] {
  let at = 0;
  return events.map((short, index) => ({ seq: index + 1, event: lengthen(short) }));

  function lengthen(short: EventRecord['events'][number]): AnswerEvent {
    if (typeof short === 'number') {
      at += short;
      return { type: 'delta', text: content.slice(at - short, at) };
    }
    if (short === 'sources')
      return { type: 'sources', sources: sources.map((source) => ({ ...source, verified: false })) };
    if (Array.isArray(short)) {
      const [n, state, start = 0, end = 0, quoteStart = null, quoteEnd = null] = short;
      return {
        type: 'citation',
        n,
        chunk_id: sources[n - 1]?.chunk_id ?? '',
        start,
        end,
        quote_start: quoteStart,
        quote_end: quoteEnd,
        verification: states[state],
        verified: state === 1,
      };
    }
    if (short.type !== 'done') return short;
    return { type: 'done', answer: { ...short.answer, answer: content, sources: [...sources] } };
  }
}

function shorten(event: AnswerEvent): EventRecord['events'][number] {
  switch (event.type) {
    case 'delta':
      return event.text.length;
    case 'citation':
      return [
        event.n,
        stateNumbers[event.verification],
        event.start,
        event.end,
        event.quote_start,
        event.quote_end,
      ];
    case 'sources':
      return 'sources';
    case 'done': {
      const { answer: _, sources: __, ...answer } = event.answer;
      return { type: 'done', answer };
    }
    default:
      return event;
  }
}

/** With its names in the order in which `replayOf` writes them. */
function normalised({ seq, event }: NumberedEvent): NumberedEvent {
  if (event.type !== 'done') return { seq, event };
  const { answer, sources, ...rest } = event.answer;
  return { seq, event: { type: 'done', answer: { ...rest, answer, sources } } };
}
