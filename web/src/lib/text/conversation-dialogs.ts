import { conversationDialogs as en } from './en/conversation-dialogs.ts';
import { language } from './text.ts';

/** The sentences of a conversation's dialogs, which come with them. */
export const conversationDialogs: typeof en =
  language === 'de' ? (await import('./de/conversation-dialogs.ts')).conversationDialogs : en;
