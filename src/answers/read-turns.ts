import { type MessageRow, readBranch, readMessage } from '../conversations/message-store.ts';
import type { ConversationScope } from '../conversations/scope.ts';
import { readSystemMessages } from '../conversations/system-message-store.ts';
import { AppError } from '../errors.ts';
import { isRecord } from '../models/json.ts';
import type { ChatMessage, ChatModel } from '../models/model.ts';
import { withoutMarkers } from './citations/markers.ts';
import type { AnswerDeps } from './deps.ts';

/** An earlier message of the branch. */
export interface Turn extends ChatMessage {
  messageId: string;
  /** It stands for everything up to the message of its id. */
  isSummary?: true;
}

const messagesAtOnce = 50;
/** Fewer characters than this are a token in no language: what is further up does not fit anyway. */
const charactersPerToken = 6;
/** Without a model only a few turns lend their words to a search. */
const turnsWithoutModel = 50;

/**
 * The branch that ends at `leaf`, oldest first: as much of it as the model's window may hold, from the newest summary
 * on where there is one. The system messages above come before it, because they say what to do all along.
 * @throws AppError `not_found` when the message is not in this conversation
 */
export async function readTurns(
  scope: ConversationScope,
  leaf: string,
  model: ChatModel | null,
  deps: Pick<AnswerDeps, 'db'>,
): Promise<Turn[]> {
  let room = model === null ? 0 : model.contextWindow * charactersPerToken;
  const turns: Turn[][] = [];
  for (let at: string | null = leaf; at !== null;) {
    const page: MessageRow[] = await readBranch(deps.db, scope, at, messagesAtOnce);
    if (page.length === 0 && at === leaf && (await readMessage(deps.db, scope, leaf)) === null)
      throw new AppError('not_found', 'The parent message does not exist in this conversation.');
    const summarised = model === null ? -1 : page.findLastIndex(({ summary }) => summary !== null);
    turns.unshift(summarised < 0 ? page.flatMap(toTurn) : fromSummary(page.slice(summarised)));
    room -= page.reduce((sum, row) => sum + row.content.length, 0);
    const isEnough =
      room <= 0 ||
      summarised >= 0 ||
      turns.flat().length >= turnsWithoutModel * (model === null ? 1 : Infinity);
    const above = summarised < 0 ? page[0]?.parentId : page[summarised]?.id;
    if (isEnough && above && model !== null)
      turns.unshift((await readSystemMessages(deps.db, scope, above)).flatMap(toTurn));
    at = isEnough ? null : (page[0]?.parentId ?? null);
  }
  return turns.flat();
}

function fromSummary([first, ...rest]: MessageRow[]): Turn[] {
  if (first === undefined) return [];
  const content = `(What was said before, in short: ${first.summary ?? ''})`;
  return [{ messageId: first.id, role: 'user', content, isSummary: true }, ...rest.flatMap(toTurn)];
}

/** Failed answers say nothing worth repeating to a model. */
function toTurn(row: MessageRow): Turn[] {
  if (row.content === '' || row.status === 'failed') return [];
  // The numbers of an earlier answer named its own sources; today's are others.
  const isCiting = row.role === 'assistant' && isRecord(row.metadata) && row.metadata.mode === 'documents';
  const content = isCiting ? withoutMarkers(row.content, sourcesOf(row.metadata)) : row.content;
  return [{ messageId: row.id, role: row.role, content }];
}

/** The numbers of an answer's sources; undefined where they are not known. */
function sourcesOf(metadata: unknown): ReadonlySet<number> | undefined {
  const sources = isRecord(metadata) ? metadata.search_results : undefined;
  if (!Array.isArray(sources)) return undefined;
  return new Set(sources.map((source: unknown) => (isRecord(source) ? Number(source.n) : Number.NaN)));
}
