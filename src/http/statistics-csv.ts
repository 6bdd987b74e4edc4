import type {
  ConversationStatistics,
  ConversationSummary,
  InstallationStatistics,
  StatisticsOverview,
} from '@alcove/contract';
import { type Cell, csvLine } from './csv.ts';

/** Every figure on a line of its own: what it is of, of which one, what it says. */
const header = ['group', 'name', 'measure', 'value'] as const;

export function statisticsToCsv(
  statistics: StatisticsOverview | ConversationStatistics | InstallationStatistics,
): string {
  return [header, ...Object.entries(statistics).flatMap(([group, value]) => figures(group, value))]
    .map(csvLine)
    .join('');
}

/** What names the one of several, by the group's items. */
const namedBy = ['day', 'model', 'id', 'message_id'] as const;

function figures(group: string, value: unknown): Cell[][] {
  if (isCell(value)) return [[group, null, null, value]];
  if (Array.isArray(value)) return value.flatMap((item: Fields) => ofItem(group, item));
  return Object.entries((value ?? {}) as Fields).flatMap(([measure, one]) =>
    inside(group, null, measure, one),
  );
}

type Fields = Record<string, unknown>;

function ofItem(group: string, item: Fields): Cell[][] {
  const key = namedBy.find((name) => name in item) ?? '';
  return Object.entries(item).flatMap(([measure, one]) =>
    measure === key ? [] : inside(group, String(item[key]), measure, one),
  );
}

/** What is nested deeper is named by its path. */
function inside(group: string, name: string | null, measure: string, value: unknown): Cell[][] {
  if (isCell(value)) return [[group, name, measure, value]];
  return Object.entries(value as Fields).flatMap(([part, one]) =>
    inside(group, name, `${measure}.${part}`, one),
  );
}

function isCell(value: unknown): value is Cell {
  return value === null || typeof value === 'string' || typeof value === 'number';
}

/** A line for each conversation. */
export function summaryHeader(): string {
  return csvLine(Object.keys(summaryColumns));
}

export function summaryLine(summary: ConversationSummary): string {
  return csvLine(Object.values(summaryColumns).map((read) => read(summary)));
}

const summaryColumns: Record<string, (of: ConversationSummary) => Cell> = {
  conversation_id: (of) => of.conversation_id,
  title: (of) => of.title,
  status: (of) => of.status,
  created_at: (of) => of.created_at,
  last_message_at: (of) => of.last_message_at,
  messages: (of) => of.messages,
  questions: (of) => of.questions,
  unanswered_questions: (of) => of.unanswered_questions,
  documents: (of) => of.documents,
  documents_never_cited: (of) => of.documents_never_cited,
  chunks: (of) => of.chunks,
  bytes: (of) => of.bytes,
  input_tokens: (of) => of.tokens.input,
  output_tokens: (of) => of.tokens.output,
  cost: (of) => of.cost?.amount ?? null,
  currency: (of) => of.cost?.currency ?? null,
};
