import type { Dictionary } from './en.ts';
import { account } from './de/account.ts';
import { app } from './de/app.ts';
import { composer } from './de/composer.ts';
import { connection } from './de/connection.ts';
import { conversations } from './de/conversations.ts';
import { documents } from './de/documents.ts';
import { errors } from './de/errors.ts';
import { messages } from './de/messages.ts';
import { nav } from './de/nav.ts';
import { notices } from './de/notices.ts';
import { pane } from './de/pane.ts';
import { search } from './de/search.ts';
import { shortcuts } from './de/shortcuts.ts';
import { sources } from './de/sources.ts';

/** Every German sentence of the app. */
export const de: Dictionary = {
  app,
  account,
  conversations,
  messages,
  composer,
  documents,
  sources,
  pane,
  search,
  shortcuts,
  connection,
  nav,
  notices,
  errors,
};
