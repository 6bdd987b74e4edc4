import { createClient, isAlcoveError, type Capabilities, type Client, type User } from '@alcove/client';
import { describeError, type Problem } from '../describe-error.ts';
import { drafts } from '../answers/drafts.ts';
import { forgetSharedFiles } from '../install/shared-shelf.ts';
import { Connection } from './connection.svelte.ts';

/** Renew this long before the access token expires. */
const renewAheadMs = 60_000;
/** Remembers that a refresh cookie may exist, so that a first visit asks nothing; never a secret. */
const hintKey = 'alcove-signed-in';

/**
 * Who is signed in. The access token lives in this object alone; a reload gets a new one for the
 * HttpOnly refresh cookie.
 */
export class Session {
  state = $state<'starting' | 'unreachable' | 'signed-out' | 'signed-in'>('starting');
  user = $state<User | null>(null);
  capabilities = $state.raw<Capabilities | null>(null);
  /** On a page that needs no session: what it shows is perhaps for somebody who has one. */
  wantsToSignIn = $state(false);
  /** True when the person was signed in and the server ended it. */
  hasEnded = $state(false);
  readonly connection: Connection;
  readonly alcove: Client;
  #token: string | null = null;
  #renewing: Promise<boolean> | null = null;
  #renewTimer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    this.connection = new Connection();
    this.alcove = createClient({
      baseUrl: '',
      token: () => this.#token,
      onUnauthenticated: () => this.#renew(),
      fetch: this.connection.watch((input, init) => fetch(input, init)),
    });
  }

  async start(): Promise<void> {
    // Signing out in one tab signs out all of them.
    window.onstorage = ({ key, newValue }) => {
      if (key === hintKey && newValue === null && this.state === 'signed-in') this.#leave(true);
    };
    this.state = 'starting';
    try {
      this.capabilities = await this.alcove.capabilities();
      if (!localStorage.getItem(hintKey) || !(await this.#renew())) this.state = 'signed-out';
    } catch {
      // Shown as the state; the person decides when to try again.
      this.state = 'unreachable';
    }
  }

  async signIn(email: string, password: string): Promise<Problem | null> {
    return this.#enter(() => this.alcove.accounts.login({ email, password }));
  }

  /** `setupCode` is the first account's; empty where none is needed. */
  async register(email: string, password: string, name: string, setupCode: string): Promise<Problem | null> {
    const body = { email, password, name: name || undefined, setup_code: setupCode || undefined };
    return this.#enter(() => this.alcove.accounts.register(body));
  }

  async acceptInvite(token: string, password: string): Promise<Problem | null> {
    return this.#enter(() => this.alcove.accounts.acceptInvite({ token, password }));
  }

  /** Ends every other session; this one goes on with what the server gives for it. */
  async changePassword(current: string, next: string, revokesKeys: boolean): Promise<Problem | null> {
    try {
      const body = { current_password: current, new_password: next, revoke_keys: revokesKeys };
      this.#accept(await this.alcove.accounts.changePassword(body));
      return null;
    } catch (error) {
      return describeError(error);
    }
  }

  /** The account is gone, and its session with it. */
  forget(): void {
    this.#leaveNothing();
  }

  async signOut(): Promise<Problem | null> {
    try {
      await this.alcove.accounts.logout();
    } catch (error) {
      // Without the server's word the cookie would still be good: say so instead of pretending.
      return describeError(error);
    }
    this.#leaveNothing();
    return null;
  }

  async #enter(open: () => ReturnType<Client['accounts']['login']>): Promise<Problem | null> {
    try {
      this.#accept(await open());
      this.capabilities = await this.alcove.capabilities();
      return null;
    } catch (error) {
      return describeError(error);
    }
  }

  #renew(): Promise<boolean> {
    if (this.state === 'signed-out') return Promise.resolve(false);
    this.#renewing ??= this.#renewOnce().finally(() => (this.#renewing = null));
    return this.#renewing;
  }

  async #renewOnce(): Promise<boolean> {
    try {
      this.#accept(await this.alcove.accounts.refresh());
      return true;
    } catch (error) {
      if (!isAlcoveError(error)) throw error;
      const isRefused = error.status === 401 || error.status === 403;
      if (isRefused) this.#leave(this.state === 'signed-in');
      // Anything else passes: the next request or the next timer tries again.
      else this.#renewLater(renewAheadMs / 2);
      if (this.state === 'starting' && !isRefused) throw error;
      return false;
    }
  }

  #accept(session: Awaited<ReturnType<Client['accounts']['login']>>): void {
    this.#token = session.access_token;
    this.user = session.user;
    drafts.keepFor(session.user.id);
    this.state = 'signed-in';
    this.hasEnded = false;
    localStorage.setItem(hintKey, '1');
    this.#renewLater(Math.max(session.expires_in * 1000 - renewAheadMs, renewAheadMs / 2));
  }

  /** The person goes: nothing of theirs stays in this browser. */
  #leaveNothing(): void {
    drafts.forgetAll();
    void forgetSharedFiles();
    this.#leave(false);
  }

  /** What they have written and not sent stays for when they sign in again. */
  #leave(hasEnded: boolean): void {
    clearTimeout(this.#renewTimer);
    this.#token = null;
    this.user = null;
    this.hasEnded = hasEnded;
    this.state = 'signed-out';
    localStorage.removeItem(hintKey);
  }

  #renewLater(ms: number): void {
    clearTimeout(this.#renewTimer);
    this.#renewTimer = setTimeout(() => void this.#renew(), ms);
  }
}
