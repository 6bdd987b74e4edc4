import { account } from './en/account.ts';
import { admin } from './en/admin.ts';
import { app } from './en/app.ts';
import { composer } from './en/composer.ts';
import { connection } from './en/connection.ts';
import { conversations } from './en/conversations.ts';
import { documents } from './en/documents.ts';
import { errors } from './en/errors.ts';
import { messages } from './en/messages.ts';
import { notices } from './en/notices.ts';
import { pane } from './en/pane.ts';
import { search } from './en/search.ts';
import { settings } from './en/settings.ts';
import { sharing } from './en/sharing.ts';
import { shortcuts } from './en/shortcuts.ts';
import { sources } from './en/sources.ts';
import { statistics } from './en/statistics.ts';
import { viewer } from './en/viewer.ts';
import { why } from './en/why.ts';

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
  viewer,
  why,
  search,
  sharing,
  statistics,
  settings,
  admin,
  shortcuts,
  connection,
  notices,
  errors,
};

export type Dictionary = typeof en;
