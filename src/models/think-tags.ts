/**
 * Removes a block `<think>…</think>` at the start of an answer. Servers of open reasoning models
 * send it as text when they have no parser for it. A tag further on is part of the answer.
 */
export function dropThinking(): ThinkFilter {
  let state: 'undecided' | 'thinking' | 'answering' = 'undecided';
  let held = '';

  function push(delta: string): string {
    if (state === 'answering') return delta;
    held += delta;
    if (state === 'undecided') state = decide(held);
    if (state === 'answering') return release();
    if (state === 'undecided') return '';
    const end = held.indexOf(closing);
    if (end === -1) {
      // Only the part that may be half of the closing tag is kept.
      held = held.slice(-closing.length);
      return '';
    }
    state = 'answering';
    held = held.slice(end + closing.length).trimStart();
    return release();
  }
  function release(): string {
    const text = held;
    held = '';
    return text;
  }
  return { push, end: () => (state === 'undecided' ? release() : '') };
}

export interface ThinkFilter {
  /** The part of the delta that belongs to the answer. */
  push(delta: string): string;
  /** What was held back when the stream ended before a decision. */
  end(): string;
}

const opening = '<think>';
const closing = '</think>';
/** Nothing but white space for so long is an answer of white space: it must not be held and read again for ever. */
const maxUndecided = 1_000;

function decide(start: string): 'undecided' | 'thinking' | 'answering' {
  if (start.length > maxUndecided && start.slice(0, maxUndecided).trim() === '') return 'answering';
  const text = start.trimStart();
  if (text.startsWith(opening)) return 'thinking';
  return opening.startsWith(text) ? 'undecided' : 'answering';
}
