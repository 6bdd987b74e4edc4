import {
  addCitation,
  isAlcoveError,
  type AnswerEvent,
  type Client,
  takePart,
  type SharedConversation,
} from '@alcove/client';
import { describeError, type Problem } from '../describe-error.ts';

/** What changes comes together, and is read once. */
const togetherMs = 150;
/** Before a broken connection is tried again. */
const retryMs = 3_000;

type Shared = SharedConversation['messages'][number];

/** What the server does not show yet. */
export interface FreshMessage extends Pick<Shared, 'id' | 'role' | 'content' | 'sources' | 'citations'> {
  status: 'streaming' | 'ended';
}

/** The conversation behind a link: as it was frozen or, for who takes part, as it is. */
export class SharedTalk {
  shared = $state.raw<SharedConversation | null>(null);
  /** A question just asked with its answer, or an answer that somebody else asked for, until the server has them. */
  fresh = $state<FreshMessage[]>([]);
  problem = $state<Problem | null>(null);
  wantsPassword = $state(false);
  /** It has ended, or is for somebody else: trying again shows nothing. */
  isGone = $state(false);
  readonly writing = $derived(this.fresh.find(({ status }) => status === 'streaming'));
  readonly #alcove: Client;
  readonly #token: string;
  readonly #closing = new AbortController();
  #password: string | undefined;
  /** What kept it from being read as it is now: over when it is read. */
  #unread: Problem | null = null;
  #isHearing = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(alcove: Client, token: string) {
    this.#alcove = alcove;
    this.#token = token;
  }

  async open(password?: string): Promise<void> {
    this.#password = password;
    this.problem = null;
    try {
      await this.#read(false);
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      this.#refuse(error, true);
      // That it asks for a password is no problem yet.
      if (!this.wantsPassword || password !== undefined) this.problem = describeError(error);
    }
  }

  /** The same once more, where it could not be read. */
  openAgain(): Promise<void> {
    return this.open(this.#password);
  }

  /** Resolves to the id of a conversation of the reader's own. */
  async goOn(): Promise<string | null> {
    try {
      return (await this.#alcove.shares.continue(this.#token, this.#password)).id;
    } catch (error) {
      this.problem = describeError(error);
      return null;
    }
  }

  /** Says something that nobody is to answer; false when it was refused. */
  async write(text: string): Promise<boolean> {
    this.problem = null;
    try {
      await this.#part().write(text);
    } catch (error) {
      this.problem = describeError(error);
      return false;
    }
    // It is said, whether it can be read again at once or not: it must not be said twice.
    await this.#readAgain();
    return true;
  }

  /** False when the question was refused. */
  async ask(question: string): Promise<boolean> {
    this.problem = null;
    this.fresh = [fresh('user', question), fresh('assistant', '')];
    const answer = this.fresh[1] as FreshMessage;
    await this.#follow(answer, this.#part().ask(question, this.#options()));
    return answer.id !== null;
  }

  async stop(): Promise<void> {
    if (!this.writing?.id) return;
    try {
      await this.#part().stop(this.writing.id);
    } catch (error) {
      this.problem = describeError(error);
    }
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#closing.abort();
  }

  async #read(again: boolean): Promise<void> {
    const { signal } = this.#closing;
    const shared = await this.#alcove.shares.open(this.#token, this.#password, { again, signal });
    this.shared = shared;
    this.wantsPassword = false;
    if (this.problem === this.#unread) this.problem = null;
    this.#unread = null;
    if (shared.may_write && !this.#isHearing) void this.#hear();
    if (this.writing !== undefined) return;
    this.fresh = [];
    if (shared.answering !== null) void this.#takeUp(shared.answering);
  }

  /** Somebody else's question is being answered. */
  async #takeUp(messageId: string): Promise<void> {
    this.fresh = [fresh('assistant', '')];
    const answer = this.fresh[0] as FreshMessage;
    await this.#follow(answer, this.#part().follow(messageId, this.#options()), false);
  }

  async #follow(answer: FreshMessage, events: AsyncIterable<AnswerEvent>, isOwn = true): Promise<void> {
    try {
      for await (const event of events) apply(answer, event);
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      this.problem = describeError(error);
      if (!isOwn) this.#unread = this.problem;
    }
    if (answer.status === 'streaming') answer.status = 'ended';
    await this.#readAgain();
  }

  async #hear(): Promise<void> {
    this.#isHearing = true;
    const { signal } = this.#closing;
    while (!signal.aborted && this.shared !== null) {
      try {
        for await (const _ of this.#part().changes({ signal })) this.#readSoon();
      } catch (error) {
        if (!isAlcoveError(error) && !signal.aborted) throw error;
      }
      if (signal.aborted) return;
      await new Promise((later) => setTimeout(later, retryMs));
      // What changed meanwhile was told to nobody; and a link that has ended says so here.
      await this.#readAgain();
    }
    this.#isHearing = false;
  }

  #readSoon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#readAgain(), togetherMs);
  }

  async #readAgain(): Promise<void> {
    try {
      await this.#read(true);
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      this.#refuse(error, this.#password !== undefined);
      this.problem = describeError(error);
      this.#unread = this.problem;
    }
  }

  /** Without a password, or with a wrong one, the server says no more than 401; whatever it says but these may pass. */
  #refuse(error: unknown, mayWantPassword: boolean): void {
    const status = isAlcoveError(error) ? error.status : 0;
    const wantsPassword = status === 401 && mayWantPassword;
    this.isGone = [400, 401, 403, 404].includes(status) && !wantsPassword;
    if (wantsPassword) this.wantsPassword = true;
    if (this.isGone) this.wantsPassword = false;
    if (wantsPassword || this.isGone) this.shared = null;
  }

  #part() {
    return takePart(this.#alcove, this.#token, this.#password);
  }

  #options(): { signal: AbortSignal } {
    return { signal: this.#closing.signal };
  }
}

function fresh(role: Shared['role'], content: string): FreshMessage {
  const status = role === 'assistant' ? 'streaming' : 'ended';
  return { id: null, role, content, sources: [], citations: [], status };
}

function apply(answer: FreshMessage, event: AnswerEvent): void {
  if (event.type === 'message') {
    // A replay begins here and brings the whole text again.
    Object.assign(answer, { id: event.message_id, content: '', citations: [] });
  } else if (event.type === 'sources') answer.sources = event.sources;
  else if (event.type === 'delta') answer.content += event.text;
  else if (event.type === 'citation') addCitation(answer.citations, event);
  else if (event.type === 'done') {
    const { answer: content, sources, citations } = event.answer;
    Object.assign(answer, { content, sources, citations });
  }
}
