import { accounts } from './accounts.ts';
import { asking } from './asking.ts';
import { changes } from './changes.ts';
import { conversations } from './conversations.ts';
import { documents } from './documents.ts';
import { exchange } from './exchange.ts';
import { messages } from './messages.ts';
import { projects, templates } from './organising.ts';
import { people } from './people.ts';
import { search } from './search.ts';
import { shares } from './shares.ts';
import { system } from './system.ts';
import { createTransport, type ClientOptions } from './transport.ts';

export type Client = ReturnType<typeof createClient>;

/**
 * A typed client of one Alcove server, for Node and browsers.
 *
 * Every call rejects with an `AlcoveError` when the server refuses or cannot be reached, and with
 * the signal's own reason when its `signal` is aborted.
 *
 * @example
 * const alcove = createClient({ baseUrl: 'http://localhost:8000', token: () => accessToken });
 * const conversation = await alcove.conversations.create({ title: 'Annual report' });
 */
export function createClient(options: ClientOptions) {
  const transport = createTransport(options);
  return {
    /** For calls that are made apart, as `takePart` is. */
    transport,
    accounts: accounts(transport),
    people: people(transport),
    conversations: conversations(transport),
    messages: messages(transport),
    documents: documents(transport),
    asking: asking(transport),
    ...changes(transport),
    search: search(transport),
    shares: shares(transport),
    exchange: exchange(transport),
    projects: projects(transport),
    templates: templates(transport),
    ...system(transport),
  };
}
