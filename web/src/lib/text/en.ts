import { account } from './en/account.ts';
import { app } from './en/app.ts';
import { composer } from './en/composer.ts';
import { connection } from './en/connection.ts';
import { conversations } from './en/conversations.ts';
import { documents } from './en/documents.ts';
import { errors } from './en/errors.ts';
import { messages } from './en/messages.ts';
import { nav } from './en/nav.ts';
import { notices } from './en/notices.ts';
import { pane } from './en/pane.ts';
import { search } from './en/search.ts';
import { shortcuts } from './en/shortcuts.ts';
import { sources } from './en/sources.ts';

/** Every English sentence of the app, by area; a second language has the same areas. */
export const en = {
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

export type Dictionary = typeof en;
